import { RuntimeFailure } from '@warm-agent/proxy'
import { mayHaveStarted } from '@warm-agent/proxy/runtime-kit'

/** The statuses of a platform that makes no session. Not 409: then the session is just being made. */
const refusals = new Set([400, 401, 402, 403, 404, 429])

/** The codes of connections that were never made. */
const neverConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

type SdkError = Partial<Error> & { code?: string; $metadata?: { httpStatusCode?: number } }

/**
 * Whether the first call to a session failed in a way that surely started none: then there is nothing to stop or to pay.
 *
 * @param error From our port to the platform, or from the AWS SDK.
 */
export function neverStarted(error: unknown): boolean {
  if (error instanceof RuntimeFailure) return !mayHaveStarted(error)
  const { name, code = '', $metadata } = (error ?? {}) as SdkError
  const { httpStatusCode } = $metadata ?? {}
  if (httpStatusCode !== undefined) return refusals.has(httpStatusCode)
  return neverConnected.has(code) || name === 'CredentialsProviderError'
}
