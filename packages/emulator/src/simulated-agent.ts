import type { OutgoingHttpHeaders } from 'node:http'
import type { Ping } from './ping.ts'

/** A call as a simulated agent sees it. */
export interface SimulatedCall {
  readonly body: Uint8Array
  readonly headers: OutgoingHttpHeaders
  /** The body as text. */
  text(): string
  /** The body read as JSON. Throws when it is none, which the agent's server answers with 500. */
  json(): unknown
  /** Aborts when the client leaves or the VM ends. */
  readonly signal: AbortSignal
}

/** The VM that a simulated agent finds itself in. */
export interface SimulatedVm<State = unknown> {
  /** What `setUp` gave: the agent's module scope. On V2 a copy of one snapshot, so every VM begins with the same. */
  readonly state: State
  /** On V2 the same in every VM. */
  readonly pid: number
  /** On V2 the same in every VM. */
  readonly hostname: string
  /** Numbers in [0, 1) for ids and choices. Seeded; on V2 every VM draws the same ones, because the generator is in the snapshot. */
  random(): number
  /** The platform's time, in milliseconds since the epoch. */
  now(): number
  /** Takes time, by the platform's clock. Rejects when the VM ends first. */
  sleep(ms: number): Promise<void>
  /** Ends the agent's process, as a crash does. */
  exit(code: number): void
}

/** Text or bytes are the answer's body; an async iterable is streamed piece by piece. */
export type SimulatedBody = string | Uint8Array | AsyncIterable<string | Uint8Array>

/** What a simulated agent answers. A body alone has status 200, and is JSON, or an event stream when it is an iterable. */
export type SimulatedAnswer = SimulatedBody | { status?: number; contentType?: string; body: SimulatedBody }

/** An agent without a process, for scale and for virtual time. */
export interface SimulatedAgent<State = unknown> {
  /** The agent's module scope. Run once for every VM; on V2 once for every version, and what it returns is copied (`structuredClone`) into every VM. */
  setUp?(vm: Pick<SimulatedVm, 'pid' | 'hostname' | 'random' | 'now'>): State
  /** From its start to its first healthy `/ping`, in milliseconds of the platform's clock. On V2 the snapshot has it behind it. @default 0 */
  startMs?: number
  /** The handler. What it throws is answered with status 500. */
  invoke(call: SimulatedCall, vm: SimulatedVm<State>): SimulatedAnswer | Promise<SimulatedAnswer>
  /** What `GET /ping` says. @default always healthy, never busy; then nothing polls, which is faster */
  ping?(vm: SimulatedVm<State>): Ping
}

/** The handler of a simulated agent that has no state. */
export type SimulatedHandler = (call: SimulatedCall, vm: SimulatedVm) => SimulatedAnswer | Promise<SimulatedAnswer>
