import { type Clock, delay } from '../clock.ts'
import { errorTypeOf, PlatformError } from '../platform-errors.ts'
import type { ChaosRule } from './chaos-rule.ts'

/** Thrown to have the connection reset: nothing is answered. */
export class ConnectionReset extends Error {
  override readonly name = 'ConnectionReset'
}

/** The error of a rule that lets no call through. */
export function refusalOf(rule: ChaosRule): Error {
  switch (rule.fault) {
    case 'reset':
      return new ConnectionReset('The connection is reset (chaos).')
    case 'throttle':
      return new PlatformError('ThrottlingException', 'Rate exceeded (chaos)', {
        headers: { 'retry-after': String(rule.retryAfter ?? 1) },
      })
    default:
      return statusOf(rule.status ?? 500)
  }
}

/** Fails a call that has run, after the time of its rule. */
export async function failLate(rule: ChaosRule, clock: Clock, clientLeft: AbortSignal): Promise<never> {
  await delay(clock, rule.ms ?? 0, clientLeft)
  throw statusOf(rule.status ?? 504)
}

function statusOf(status: number): PlatformError {
  return new PlatformError(errorTypeOf(status), `The platform failed with ${status} (chaos)`, {
    status,
    // No 401 comes without it (RFC 9110, section 15.5.2).
    ...(status === 401 && { headers: { 'www-authenticate': 'Bearer' } }),
  })
}
