import { RuntimeFailure } from '@warm-agent/proxy'
import { mayHaveStarted } from '@warm-agent/proxy/runtime-kit'

/** The statuses of a platform that makes no session. Not 409: then the session is just being made. */
const refusals = new Set([400, 401, 402, 403, 404, 429])

/**
 * Whether the first call to a session failed in a way that surely started none: then there is nothing to stop or to pay.
 *
 * @param error From our port to the platform, or from the AWS SDK.
 */
export function neverStarted(error: unknown): boolean {
  if (error instanceof RuntimeFailure) return !mayHaveStarted(error)
  const status = (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode
  return status !== undefined && refusals.has(status)
}
