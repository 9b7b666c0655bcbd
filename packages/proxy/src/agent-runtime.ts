/** One session of a runtime. The pair selects the microVM, so it is never split. */
export interface RuntimeSession {
  /** The AgentCore session id. It never leaves the server. */
  readonly id: string
  /** The endpoint of the runtime that the session lives on. */
  readonly qualifier: string
}

/** What is sent to the agent. */
export interface AgentRequest {
  body: Uint8Array
  contentType: string
  accept: string
}

/** What the agent answered. Its body must be read to the end or cancelled: it holds a socket until then. */
export interface AgentAnswer {
  status: number
  contentType: string
  body: ReadableStream<Uint8Array>
}

/**
 * The port to the platform. It makes one attempt a call and says exactly what came of it: a rejection is a
 * {@link RuntimeFailure} or the reason of `signal`. Waiting and trying again belong to the proxy.
 */
export interface AgentRuntime {
  /** The endpoints that new sessions are placed on, in turn. At least one. */
  readonly qualifiers: readonly string[]
  /** The platform ends a session that was not touched for this long. Milliseconds. */
  readonly idleTimeoutMs: number
  /** The platform ends a session this long after it started, whatever happens. Milliseconds. */
  readonly maxLifetimeMs: number
  /** Runs the agent's handler once. A session that does not run is started by this. */
  invoke(session: RuntimeSession, request: AgentRequest, signal: AbortSignal): Promise<AgentAnswer>
  /** Ends the session and its microVM. Resolves too when it had ended already. */
  stop(session: RuntimeSession, signal?: AbortSignal): Promise<void>
  /** What to send as a warm-up that carries this nonce. */
  warmUpRequest(nonce: string): AgentRequest
  /** The nonce that an answer to a warm-up echoes, or `undefined` when it echoes none. */
  readEcho(answerText: string): string | undefined
}

/** Why a call did not succeed, one word for each row of the platform's error table. */
export type FailureReason =
  | 'invalid'
  | 'unauthenticated'
  | 'refused'
  | 'quota'
  | 'missing'
  | 'conflict'
  | 'agent'
  | 'throttled'
  | 'unavailable'
  | 'unreachable'

/** A call to the runtime that did not succeed. */
export class RuntimeFailure extends Error {
  override readonly name = 'RuntimeFailure'
  readonly reason: FailureReason
  /** Whether the agent's handler may have run. Only when it surely did not may a message be sent again. */
  readonly mayHaveRun: boolean
  /** How long the platform asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    reason: FailureReason,
    message: string,
    details: { mayHaveRun: boolean; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: details.cause })
    this.reason = reason
    this.mayHaveRun = details.mayHaveRun
    this.retryAfterMs = details.retryAfterMs
  }
}
