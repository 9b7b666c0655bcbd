import { type FailureReason, RuntimeFailure } from '@warm-agent/proxy'

/**
 * The platform's error table: what an HTTP status means, and whether the agent's handler may have run.
 * Sources: the service model in the AWS SDK 3.1141 and the AgentCore developer guide, November 2026.
 */
const meaningOfStatus: Readonly<Record<number, readonly [FailureReason, mayHaveRun: boolean]>> = {
  400: ['invalid', false],
  401: ['unauthenticated', false],
  402: ['quota', false],
  403: ['refused', false],
  404: ['missing', false],
  409: ['conflict', false],
  424: ['agent', true],
  429: ['throttled', false],
}

/** Connections that were never made: nothing was sent. After any other break nobody knows what arrived. */
const neverConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

interface SdkError extends Error {
  code?: string
  syscall?: string
  $metadata?: { httpStatusCode?: number }
  $response?: { headers?: Record<string, string> }
}

/** @returns what an error of a call means, as a RuntimeFailure; an abort, or what is one already, as it is. */
export function asFailure(error: unknown): unknown {
  const isMeaningful = error instanceof Error && error.name !== 'AbortError' && !(error instanceof RuntimeFailure)
  return isMeaningful ? toRuntimeFailure(error) : error
}

function toRuntimeFailure(cause: SdkError): RuntimeFailure {
  const status = cause.$metadata?.httpStatusCode
  if (status !== undefined) {
    return failureOfStatus(status, `${cause.name}: ${cause.message}`, cause.$response?.headers ?? {}, cause)
  }
  if (cause.name === 'CredentialsProviderError') {
    const said = `No AWS credentials. ${cause.name}: ${cause.message}`
    return new RuntimeFailure('refused', said, { mayHaveRun: false, cause })
  }
  return failureOfConnection(cause)
}

/** @returns what an answer with a status of 300 or more means. */
export function failureOfStatus(
  status: number,
  said: string,
  headers: Readonly<Record<string, string>>,
  cause?: unknown,
): RuntimeFailure {
  const [reason, mayHaveRun] = meaningOfStatus[status] ?? ['unavailable', true]
  const retryAfterMs = parseRetryAfterMs(headers['retry-after'])
  return new RuntimeFailure(reason, `${status} ${said}`, { mayHaveRun, retryAfterMs, cause })
}

/** @returns what it means that no answer came. */
function failureOfConnection(cause: SdkError): RuntimeFailure {
  const isUnconnected =
    neverConnected.has(cause.code ?? '') || cause.syscall === 'connect' || connectTimedOut.test(cause.message)
  return new RuntimeFailure('unreachable', `${cause.name}: ${cause.message}`, { mayHaveRun: !isUnconnected, cause })
}

/** The SDK's HTTP handler gives every timeout the same name: only its words tell this one from a late answer. */
const connectTimedOut = /did not establish a connection/

/** @returns the value of a `Retry-After` header in seconds or as a date, in milliseconds from now. */
function parseRetryAfterMs(value: string | undefined): number | undefined {
  if (!value) return undefined
  const seconds = Number(value)
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}
