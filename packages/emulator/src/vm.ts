import { setTimeout as sleep } from 'node:timers/promises'
import type { VmRecord } from './books.ts'
import { type Clock, delay } from './clock.ts'
import type { AgentAnswer, AgentCall, Engine, Machine } from './engine.ts'
import type { Emit } from './events.ts'
import { deadlineOf, type EndReason, type Limits } from './lifecycle.ts'
import { PlatformError } from './platform-errors.ts'

/** An answer on its way to the client. */
export interface VmAnswer extends AgentAnswer {
  /** To be awaited when the body broke: by then the books know whether the agent is gone with it. */
  settled(): Promise<void>
}

/** One microVM, from its creation to its end. It never comes back. */
export interface Vm {
  readonly record: Readonly<VmRecord>
  /** Resolves when it takes calls; rejects with what the platform answers when it never will. */
  readonly ready: Promise<void>
  call(call: AgentCall, signal: AbortSignal): Promise<VmAnswer>
  /** Cuts what is running and ends it; resolves when nothing is left. Only the first reason counts. */
  end(reason: EndReason): Promise<void>
}

export interface VmSetup {
  record: VmRecord
  engine: Engine
  clock: Clock
  limits: Limits
  /** Milliseconds from the agent's start to its first healthy `/ping`. */
  agentReadyTimeoutMs: number
  emit: Emit
  onEnded: () => void
}

export function createVm({ record, engine, clock, limits, agentReadyTimeoutMs, emit, onEnded }: VmSetup): Vm {
  const { vm, sessionId, qualifier } = record
  const identity = { vm, sessionId, qualifier }
  const boot = new AbortController()
  const flights = new Set<AbortController>()
  let machine: Machine | undefined
  let timer: unknown
  let ending: Promise<void> | undefined

  const booted = bootUp()
  const ready = booted.catch(async error => {
    const failure = startFailure(error)
    if (ending === undefined) emit({ type: 'vm-failed', message: failure.message, ...identity })
    await end('start-failed')
    throw failure
  })
  // The client that started it may have left.
  ready.catch(() => {})

  async function bootUp(): Promise<void> {
    emit({ type: 'session-created', delayMs: record.delayMs, ...identity })
    await delay(clock, record.delayMs, boot.signal)
    const started = await engine.start(boot.signal)
    machine = started
    if (started.pid !== undefined) record.pid = started.pid
    emit({ type: 'vm-provisioned', pid: started.pid, ...identity })
    const tooLong = new Error('Runtime initialization time exceeded, GET /ping did not answer 200 in time')
    timer = clock.setTimeout(() => boot.abort(tooLong), agentReadyTimeoutMs)
    await Promise.race([started.ready, aborted(boot.signal)])
    void started.exited.then(how => exit(how))
    record.bootMs = clock.now() - record.bornAt
    touch()
    emit({ type: 'vm-ready', bootMs: record.bootMs, ...identity })
  }

  function startFailure(error: unknown): PlatformError {
    if (error instanceof PlatformError) return error
    const words = machine?.lastWords().slice(-1_000)
    const why = error instanceof Error ? error.message : String(error)
    return new PlatformError(
      'RuntimeClientError',
      `The agent did not start: ${why}. ${words ? `It printed last: ${words}` : 'It printed nothing.'}`,
      { cause: error },
    )
  }

  /** Restarts the idle timer. */
  function touch(): void {
    if (ending) return
    record.state = flights.size > 0 ? 'active' : 'idle'
    record.touchedAt = clock.now()
    clock.clearTimeout(timer)
    const deadline = deadlineOf(record, limits)
    if (deadline) timer = clock.setTimeout(() => expire(deadline.reason), Math.max(0, deadline.at - clock.now()))
  }

  function expire(reason: 'idle' | 'max-lifetime'): void {
    void end(reason).then(() => emit({ type: 'session-expired', reason, ...identity }))
  }

  async function exit(how: string): Promise<void> {
    if (ending) return
    await end('agent-exited')
    emit({ type: 'agent-exited', how, ...identity })
  }

  function end(reason: EndReason): Promise<void> {
    ending ??= tearDown(reason)
    return ending
  }

  async function tearDown(reason: EndReason): Promise<void> {
    record.state = 'stopping'
    record.endReason = reason
    clock.clearTimeout(timer)
    boot.abort(new PlatformError('InternalServerException', 'The emulator is closing.'))
    for (const flight of flights) flight.abort()
    // A boot in flight may still bring a machine; it is waited for, never leaked.
    await booted.catch(() => {})
    await machine?.end()
    record.state = 'ended'
    record.endedAt = clock.now()
    onEnded()
  }

  /** A broken connection is often the first sign of an agent's death: give the second one a moment to arrive. */
  async function settled(): Promise<void> {
    await Promise.race([machine?.exited.then(() => ending), sleep(250, undefined, { ref: false })])
  }

  return {
    record,
    ready,
    end,
    async call(call, signal) {
      if (!machine || ending) throw new PlatformError('RuntimeClientError', 'The agent did not answer: it ended.')
      const flight = new AbortController()
      const abort = () => flight.abort()
      const land = () => {
        signal.removeEventListener('abort', abort)
        flights.delete(flight)
        touch()
      }
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      flights.add(flight)
      record.invokes++
      touch()
      emit({ type: 'invoked', ...identity })
      try {
        const answer = await machine.call(call, flight.signal)
        answer.body.once('close', land)
        return { ...answer, settled }
      } catch (cause) {
        land()
        signal.throwIfAborted()
        await settled()
        const why = ending ? 'it ended' : `the connection broke (${cause instanceof Error ? cause.message : cause})`
        throw new PlatformError('RuntimeClientError', `The agent did not answer: ${why}.`, { cause })
      }
    },
  }
}

/** @returns a promise that rejects with the reason of `signal`. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
