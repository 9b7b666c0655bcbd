/** What a message took inside the agent; see `HandlerTiming` of `@warm-agent/agent`. */
export interface HandlerTiming {
  initialiseMs: number
  firstOutputMs: number
  exitMs: number
}

/** What was seen of one message. Times are milliseconds from when it was due, so that waiting for its turn counts. */
export interface Observation {
  /** When it was due, from the beginning of its scenario. */
  dueAtMs: number
  /** How much later than due it was really sent: because this machine was busy, or because what came before took long. */
  lateMs: number
  /** The answer's headers. */
  headersMs: number
  /** The first chunk that carries words of the agent, not a mere keep-alive of the stream. */
  firstTokenMs: number
  /** The end of the answer. */
  lastTokenMs: number
  /** Events of an event stream, else chunks. */
  tokens: number
  /** What the message found, by the proxy's word; `direct` when it went past the proxy. */
  outcome: string
  /** By the proxy's `Server-Timing`; `null` without a proxy. */
  proxy: { joinMs: number; agentMs: number } | null
  /** By the agent's own stamps; `null` when it has none. */
  handler: HandlerTiming | null
  /** The warm-up that came before, if one did and ended: how long it took, and whether the agent's echo was seen. */
  warmUp: { tookMs: number; evidence: 'observed' | 'assumed' } | null
}
