import type { PlatformError, PlatformErrorType } from './platform-errors.ts'

/** Why a call did not succeed, in the words of the proxy's port. */
type TroubleReason =
  | 'invalid'
  | 'unauthenticated'
  | 'refused'
  | 'quota'
  | 'missing'
  | 'conflict'
  | 'agent'
  | 'throttled'
  | 'unavailable'

export interface RuntimeTrouble {
  reason: TroubleReason
  message: string
  /** Whether the agent's handler may have run. */
  mayHaveRun: boolean
  /** How long the platform asks to wait, in milliseconds. */
  retryAfterMs: number | undefined
  cause: PlatformError
}

const reasonOf: Readonly<Record<PlatformErrorType, TroubleReason>> = {
  ValidationException: 'invalid',
  UnauthorizedException: 'unauthenticated',
  ServiceQuotaExceededException: 'quota',
  AccessDeniedException: 'refused',
  ResourceNotFoundException: 'missing',
  UnknownOperationException: 'missing',
  RetryableConflictException: 'conflict',
  RuntimeClientError: 'agent',
  ThrottlingException: 'throttled',
  InternalServerException: 'unavailable',
  GatewayError: 'unavailable',
}

export function toTrouble(cause: PlatformError): RuntimeTrouble {
  const seconds = cause.headers['retry-after']
  const reason = reasonOf[cause.type]
  return {
    reason,
    message: `${cause.status} ${cause.type}: ${cause.message}`,
    mayHaveRun: reason === 'agent' || reason === 'unavailable',
    retryAfterMs: seconds === undefined ? undefined : Number(seconds) * 1_000,
    cause,
  }
}
