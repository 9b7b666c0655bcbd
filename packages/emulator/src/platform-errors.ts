/** The errors of AgentCore's data plane and their HTTP status (service model in the AWS SDK 3.1141). */
const statusOfError = {
  ValidationException: 400,
  ResourceNotFoundException: 404,
  UnknownOperationException: 404,
  RetryableConflictException: 409,
  RuntimeClientError: 424,
  InternalServerException: 500,
} as const

export type PlatformErrorType = keyof typeof statusOfError

/** An error as the platform answers it. Its message is what the client reads. */
export class PlatformError extends Error {
  override readonly name = 'PlatformError'
  readonly type: PlatformErrorType

  constructor(type: PlatformErrorType, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.type = type
  }

  get status(): number {
    return statusOfError[this.type]
  }
}

/** AWS words every violated constraint alike. */
export function violated(what: string, constraint: string): PlatformError {
  return new PlatformError(
    'ValidationException',
    `1 validation error detected: Value at '${what}' failed to satisfy constraint: ${constraint}`,
  )
}
