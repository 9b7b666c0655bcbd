import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

/** What is passed on to an agent. */
export interface AgentCall {
  headers: OutgoingHttpHeaders
  body: Uint8Array
}

/** What an agent answered. The body must be read or destroyed. */
export interface AgentAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Readable
}

/** One started agent: what runs inside a microVM. */
export interface Machine {
  readonly pid: number | undefined
  /** Resolves when the agent answers `/ping`; rejects when it exits first. */
  readonly ready: Promise<void>
  /** Resolves when the agent has exited, by itself or not, with a few words on how. */
  readonly exited: Promise<string>
  /** The end of what the agent printed. */
  lastWords(): string
  /** Runs the agent's handler once. `signal` also cuts the answer's body. */
  call(call: AgentCall, signal: AbortSignal): Promise<AgentAnswer>
  /** Ends the agent; resolves when nothing of it is left. */
  end(): Promise<void>
}

/** What runs agents: real processes now. */
export interface Engine {
  /** Starts one agent. Rejects with the reason of `signal`, leaving nothing behind. */
  start(signal: AbortSignal): Promise<Machine>
  /** Call it when every machine has ended. */
  close(): Promise<void>
}
