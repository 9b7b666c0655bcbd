import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Cancellation } from './cancellation.ts'
import type { Ping } from './ping.ts'

/** What is passed on to an agent. */
export interface AgentCall {
  /** @default 'POST' */
  method?: 'GET' | 'POST'
  /** @default '/invocations' */
  path?: string
  headers: OutgoingHttpHeaders
  body: Uint8Array
}

/** What an agent answered. A body that is a stream must be read or destroyed. */
export interface AgentAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Readable | Uint8Array
}

/** A shell command that runs beside an agent. */
export interface CommandRun {
  /** What it prints, as it comes; ends when it has exited or was ended. */
  readonly output: AsyncIterable<{ stdout: string } | { stderr: string }>
  /** Resolves with its exit status; 128 and more when a signal ended it. */
  readonly exited: Promise<number>
  /** Ends it and all that it started. */
  end(): Promise<void>
}

/** One started agent: what runs inside a microVM. */
export interface Machine {
  readonly pid: number | undefined
  /** Starts a shell command; absent: this engine runs none. */
  run?(command: string): CommandRun
  /** Where it listens on this machine; a simulated agent listens nowhere. */
  readonly port?: number
  /** Resolves when the agent answers `/ping`; rejects when it exits first. */
  readonly ready: Promise<void>
  /** Resolves when the agent has exited, by itself or not, with a few words on how. */
  readonly exited: Promise<string>
  /** The end of what the agent printed. */
  lastWords(): string
  /** Runs the agent's handler once. `cancellation` also cuts the answer's body. */
  call(call: AgentCall, cancellation: Cancellation): Promise<AgentAnswer>
  /** What `GET /ping` says now; `undefined` when it says nothing of use. Absent when it could never say anything new. */
  ping?(): Promise<Ping | undefined>
  /** Ends the agent; resolves when nothing of it is left. */
  end(): Promise<void>
}

/** What runs the agents of one version: real processes, or functions of this process. */
export interface Engine {
  /** Starts one agent in the microVM of this number. Rejects with the reason of `cancellation`, leaving nothing behind. */
  start(vm: number, cancellation: Cancellation): Promise<Machine>
  /** Call it when every machine has ended. */
  close(): Promise<void>
}
