import type { Lease, OpenEvent } from '@warm-agent/protocol'

/** How a session speaks with its proxy. Everything rejects with a `WarmAgentError`, or with whatever the network threw. */
export interface WarmTransport {
  /** Opens a session and gives the events of its warm-up. They end when the warm-up does, or when the stream breaks. */
  open(options: { signal: AbortSignal }): AsyncIterable<OpenEvent>
  /** Touches the session. */
  beat(ticket: string, options: { signal: AbortSignal }): Promise<Lease>
  /**
   * Ends the session, `afterMs` milliseconds later when given, unless something touches it before.
   * With `keepalive` the request must leave before this returns: the page is going away.
   */
  close(ticket: string, options: { afterMs?: number; keepalive?: boolean }): Promise<void>
}
