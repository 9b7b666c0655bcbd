import { RuntimeFailure } from '@warm-agent/proxy'
import { mayHaveStarted } from '@warm-agent/proxy/runtime-kit'

/** With these the platform refuses before it makes a session. Not 409: then the session is just being made. */
const refusals = new Set([400, 401, 402, 403, 404, 429])

/**
 * Whether a first call that failed like this has surely started no session: then there is nothing to stop, and nothing
 * costs.
 *
 * @param error of our port to the platform, or of the AWS SDK.
 */
export function neverStarted(error: unknown): boolean {
  if (error instanceof RuntimeFailure) return !mayHaveStarted(error)
  const status = (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode
  return status !== undefined && refusals.has(status)
}
