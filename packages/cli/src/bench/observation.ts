/** How long a message took inside the agent; see `HandlerTiming` of `@warm-agent/agent`. */
export interface HandlerTiming {
  initialiseMs: number
  firstOutputMs: number
  exitMs: number
}

/** What was seen of one message. Times are in milliseconds from when it was due, so waiting for its turn counts. */
export interface Observation {
  /** When it was due, from the beginning of its scenario. */
  dueAtMs: number
  /** How long after that it was sent: this machine was busy, or what comes before the message took long. */
  lateMs: number
  /** When the headers of the answer came. */
  headersMs: number
  /** When the first chunk with words of the agent came; a keep-alive of the stream does not count. */
  firstTokenMs: number
  /** When the answer ended. */
  lastTokenMs: number
  /** Events in an event stream, chunks in any other answer. */
  tokens: number
  /** What the message found, as the proxy says; `direct` when it did not go through the proxy. */
  outcome: string
  /** From the proxy's `Server-Timing`; `null` without a proxy. */
  proxy: { joinMs: number; agentMs: number } | null
  /** From the agent's stamps; `null` when it keeps none. */
  handler: HandlerTiming | null
  /** The warm-up that came before, if one did and ended: how long it took, and whether the agent's echo was seen. */
  warmUp: { tookMs: number; evidence: 'observed' | 'assumed' } | null
}
