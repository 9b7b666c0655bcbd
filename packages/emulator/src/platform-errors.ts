/** The errors of AgentCore's data plane and their HTTP status (service model in the AWS SDK 3.1141). */
const statusOfError = {
  ValidationException: 400,
  UnauthorizedException: 401,
  ServiceQuotaExceededException: 402,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  UnknownOperationException: 404,
  RetryableConflictException: 409,
  RuntimeClientError: 424,
  ThrottlingException: 429,
  InternalServerException: 500,
  /** Not the platform's: what a gateway in front of it answers (502–504), without a type. */
  GatewayError: 502,
} as const

export type PlatformErrorType = keyof typeof statusOfError

interface PlatformErrorOptions {
  cause?: unknown
  /** Sent with it: `Retry-After`, `WWW-Authenticate`. */
  headers?: Readonly<Record<string, string>>
  /** @default that of the type */
  status?: number
}

/** An error as the platform answers it. Its message is what the client reads. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError'
  readonly type: PlatformErrorType
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    type: PlatformErrorType,
    message: string,
    { headers = {}, status, ...options }: PlatformErrorOptions = {},
  ) {
    super(message, options)
    this.type = type
    this.status = status ?? statusOfError[type]
    this.headers = headers
  }
}

/** The type of an error of this status; that of one that the platform has no error for is `GatewayError`. */
export function errorTypeOf(status: number): PlatformErrorType {
  const entry = Object.entries(statusOfError).find(([, ofType]) => ofType === status)
  return (entry?.[0] ?? 'GatewayError') as PlatformErrorType
}

/** AWS words every violated constraint alike. */
export function violated(what: string, constraint: string): PlatformError {
  return new PlatformError(
    'ValidationException',
    `1 validation error detected: Value at '${what}' failed to satisfy constraint: ${constraint}`,
  )
}
