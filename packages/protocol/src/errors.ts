/** Every error code of the wire and its HTTP status. */
export const statusOfCode = {
  bad_request: 400,
  unauthenticated: 401,
  ticket_invalid: 401,
  forbidden: 403,
  not_found: 404,
  session_expired: 410,
  payload_too_large: 413,
  unsupported_version: 426,
  rate_limited: 429,
  quota_exceeded: 429,
  internal: 500,
  agent_failed: 502,
  agent_unavailable: 503,
  warm_up_timed_out: 504,
} as const

export type ErrorCode = keyof typeof statusOfCode

/** The body of every error answer, and of the `failed` event. */
export interface ErrorBody {
  error: {
    code: ErrorCode
    /** `Could not X: why. What to do.` Written for people; may change. */
    message: string
    /** When trying again makes sense, in milliseconds. Absent when it does not, or nobody knows. */
    retryAfterMs?: number
  }
}

/** The one error class of warm-agent. Its `cause` is for logs and never crosses the wire. */
export class WarmAgentError extends Error {
  override readonly name = 'WarmAgentError'
  declare readonly code: ErrorCode
  declare readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; retryAfterMs?: number | undefined }) {
    super(message, options)
    this.code = code
    this.retryAfterMs = options?.retryAfterMs
  }
}

/** @returns the error as it crosses the wire, without its cause. */
export function toErrorBody({ code, message, retryAfterMs }: WarmAgentError): ErrorBody {
  return { error: { code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } }
}

/** @returns the error that `body` describes, or `undefined` when it describes none of ours. */
export function fromErrorBody(body: unknown): WarmAgentError | undefined {
  const { code, message, retryAfterMs } =
    (body as Partial<ErrorBody> | null)?.error ?? ({} as Partial<ErrorBody['error']>)
  return typeof code === 'string' && typeof message === 'string'
    ? new WarmAgentError(code, message, { retryAfterMs })
    : undefined
}
