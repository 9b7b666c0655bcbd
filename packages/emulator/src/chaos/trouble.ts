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

/** The error of a rule whose call has run. */
export function lateErrorOf(rule: ChaosRule): PlatformError {
  return statusOf(rule.status ?? 504)
}

function statusOf(status: number): PlatformError {
  return new PlatformError(errorTypeOf(status), `The platform failed with ${status} (chaos)`, { status })
}
