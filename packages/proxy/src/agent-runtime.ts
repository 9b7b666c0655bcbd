/** One session of a runtime. The pair selects the microVM, so it is never split. */
export interface RuntimeSession {
  /** The AgentCore session id. It never leaves the server. */
  readonly id: string
  /**
   * The endpoint that the session lives on, as the runtime names it: on AgentCore the qualifier, in another region behind
   * `<tag of the ARN>:<region>:`.
   */
  readonly qualifier: string
}

/** Identifies a session among all of one agent. It holds the whole id: whoever knows it can reach the session. */
export function sessionKey({ id, qualifier }: RuntimeSession): string {
  return `${qualifier}/${id}`
}

/** The first characters of a session id: enough to find it in a log, not enough to use it. */
export function sessionTag(id: string): string {
  return id.slice(0, 13)
}

/** What is sent to the agent. */
export interface AgentRequest {
  body: Uint8Array
  contentType: string
  accept: string
  /**
   * Further headers for the agent, by lower-case name. A runtime passes on what its platform lets through and leaves out
   * the rest; on AgentCore these are the MCP and trace headers and `x-amzn-bedrock-agentcore-runtime-custom-*`.
   */
  headers?: Readonly<Record<string, string>>
  /** Set by {@link AgentRuntime.warmUpRequest}: a runtime may refuse warmth where it would let a message try. */
  isWarmUp?: boolean
}

/** What the agent answered. Its body must be read to the end or cancelled: it holds a socket until then. */
export interface AgentAnswer {
  status: number
  contentType: string
  body: ReadableStream<Uint8Array>
  /** The same bytes, for callers that need no stream: a runtime may offer it because it costs less. Take one of the two. */
  reader?: ByteReader
  /** Further headers of the answer, by lower-case name: its encoding, and what the platform tells of traces and MCP. */
  headers?: Readonly<Record<string, string>>
}

/** A body, chunk by chunk, read no faster than it is asked for. */
export interface ByteReader {
  /** @returns the next chunk, or `undefined` at the end. Rejects when the body broke off. */
  read(): Promise<Uint8Array | undefined>
  /** Nobody reads on. */
  cancel(reason?: unknown): Promise<void>
}

/**
 * In whose name a call is made. With every invoke and every stop the proxy passes what `authorize` returned for the request
 * behind it (`{ callerId, bearer }`). It is asked for anew with every request, and kept no longer than the call takes: not in
 * a ticket, not in a ledger, not in a log.
 */
export interface CallCredentials {
  /**
   * The caller's own OAuth token, without the word `Bearer`. A runtime that takes SigV4 does not use it. Absent where no
   * caller is present: for a reaper, a pool, a parked session. A runtime that takes only callers' tokens then rejects with the
   * reason `unauthenticated`, and a session that should have been stopped ends by idling.
   */
  readonly bearer?: string | undefined
}

/**
 * The port to the platform. Each call is one attempt and says exactly what came of it: a rejection is a
 * {@link RuntimeFailure} or the reason of `signal`. To wait and to try again is for the proxy.
 */
export interface AgentRuntime {
  /**
   * Tells this runtime from every other one that shares its secret, ledger or pool: on AgentCore the ARN of its home region.
   * Without it all runtimes under one agent's name count as the same.
   */
  readonly identity?: string
  /** The endpoints that new sessions are placed on, in turn unless {@link placeSession} says otherwise. At least one. */
  readonly qualifiers: readonly string[]
  /** The platform ends a session that was not touched for this long. Milliseconds. */
  readonly idleTimeoutMs: number
  /** The platform ends a session this long after it started, whatever happens. Milliseconds. */
  readonly maxLifetimeMs: number
  /** Runs the agent's handler once. A session that does not run is started by this. */
  invoke(
    session: RuntimeSession,
    request: AgentRequest,
    signal: AbortSignal,
    credentials?: CallCredentials,
  ): Promise<AgentAnswer>
  /** Ends the session and its microVM. Also resolves when it had ended already. */
  stop(session: RuntimeSession, signal?: AbortSignal, credentials?: CallCredentials): Promise<void>
  /**
   * The endpoint that the next new session is placed on, as a {@link RuntimeSession.qualifier}. It may be one that is not
   * among {@link qualifiers}: another region's. Without this method they are taken in turn.
   *
   * @param refusedBy The endpoints that have just refused this session without running anything. The answer may be one of
   *   them only when no other endpoint is well.
   */
  placeSession?(refusedBy?: readonly string[]): string
  /** How others reach the session, when its qualifier is not all that they need. */
  addressOf?(session: RuntimeSession): RuntimeAddress
  /**
   * Whether the platform knows the agent and lets us in, without starting anything. Absent where that cannot be told: a
   * runtime that takes only callers' own tokens.
   *
   * @throws RuntimeFailure
   */
  check?(signal?: AbortSignal): Promise<void>
  /** What to send as a warm-up that carries this nonce. */
  warmUpRequest(nonce: string): AgentRequest
  /**
   * The nonce that an answer to a warm-up echoes, or `undefined` when it echoes none.
   *
   * @throws RuntimeFailure when the answer tells an error although its status is 200: then the session is not warm.
   */
  readEcho(answerText: string): string | undefined
}

/** How to reach the endpoint of a session. */
export interface RuntimeAddress {
  readonly agentRuntimeArn: string
  readonly region: string
  readonly qualifier: string
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

/** Whether nothing ran because there is no such agent, endpoint or region. */
export function isMissing(error: unknown): boolean {
  return error instanceof RuntimeFailure && error.reason === 'missing' && !error.mayHaveRun
}
