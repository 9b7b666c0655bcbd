import { setTimeout as sleep } from 'node:timers/promises'
import type { VmRecord } from './books.ts'
import { bootMachine, startFailure } from './boot-machine.ts'
import { Cancellable } from './cancellation.ts'
import type { Clock } from './clock.ts'
import { createDeadlineTimer } from './deadline-timer.ts'
import type { AgentAnswer, AgentCall, Engine, Machine } from './engine.ts'
import type { Emit } from './events.ts'
import { createFlights, type Flight } from './flights.ts'
import { deadlineOf, type EndReason, type Limits } from './lifecycle.ts'
import { startPingPoll } from './ping-poll.ts'
import { PlatformError } from './platform-errors.ts'
import { isWarmUp } from './warm-up.ts'

/** An answer on its way to the client. */
export interface VmAnswer extends AgentAnswer {
  /** To be awaited when the body broke: by then the books know whether the agent is gone with it. */
  settled(): Promise<void>
}

/** One microVM, from its creation to its end. It never comes back. */
export interface Vm {
  readonly record: Readonly<VmRecord>
  /** Who it is, for events. */
  readonly identity: Pick<VmRecord, 'vm' | 'sessionId' | 'qualifier'>
  /** The agent in it, once it is ready. */
  readonly machine: Machine | undefined
  /** Resolves when it takes calls; rejects with what the platform answers when it never will. */
  readonly ready: Promise<void>
  /** Resolves when its teardown is over, and its session free for another VM. */
  readonly gone: Promise<void>
  call(call: AgentCall, signal: AbortSignal): Promise<VmAnswer>
  /**
   * Keeps it busy until the flight lands. A quiet flight, which is a WebSocket, does not: there only frames restart the
   * idle timer. Throws 424 when the VM has ended.
   */
  begin(clientLeft: AbortSignal, how?: 'busy' | 'quiet'): Flight
  /** Restarts the idle timer. */
  touch(): void
  /** Cuts what is running and ends it; resolves when nothing of the agent is left. Only the first reason counts. */
  end(reason: EndReason): Promise<void>
}

export interface VmSetup {
  record: VmRecord
  engine: Engine
  clock: Clock
  limits: Limits
  /** Milliseconds from the agent's start to its first healthy `/ping`. */
  agentReadyTimeoutMs: number
  /** Milliseconds that a teardown takes at least. */
  teardownMs: number
  /** Milliseconds between two polls of `/ping`. */
  pingEveryMs: number
  emit: Emit
  onEnded: () => void
}

export function createVm({ record, engine, clock, limits, emit, onEnded, ...times }: VmSetup): Vm {
  const { vm, sessionId, qualifier } = record
  const identity = { vm, sessionId, qualifier }
  const boot = new Cancellable()
  const flights = createFlights(touch)
  const deadline = createDeadlineTimer(clock, () => deadlineOf(record, limits), expire)
  const undos = [deadline.cancel, flights.cancelAll]
  let machine: Machine | undefined
  let ending: Promise<void> | undefined
  let sayGone = () => {}
  const gone = new Promise<void>(resolve => {
    sayGone = resolve
  })

  const booted = bootUp()
  const ready = booted.catch(async error => {
    const failure = startFailure(error, machine)
    if (ending === undefined) emit({ type: 'vm-failed', message: failure.message, ...identity })
    await end('start-failed')
    throw failure
  })
  // The client that started it may have left.
  ready.catch(() => {})

  async function bootUp(): Promise<void> {
    emit({ type: 'session-created', delayMs: record.delayMs, isPreWarmed: record.isPreWarmed, ...identity })
    const started = await bootMachine({ ...times, engine, clock, vm, delayMs: record.delayMs, boot, onStarted })
    void started.exited.then(exit)
    record.bootMs = clock.now() - record.bornAt
    touch()
    const { ping } = started
    if (ping) undos.push(startPingPoll({ clock, everyMs: times.pingEveryMs, ping, onBusy: touch }))
    emit({ type: 'vm-ready', bootMs: record.bootMs, ...identity })
  }

  function onStarted(started: Machine): void {
    machine = started
    if (started.pid !== undefined) record.pid = started.pid
    emit({ type: 'vm-provisioned', pid: started.pid, ...identity })
  }

  function touch(): void {
    if (ending) return
    record.state = flights.isBusy ? 'active' : 'idle'
    record.touchedAt = clock.now()
    deadline.look()
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
    // An emulator that closes waits for no teardown.
    return reason === 'emulator-closed' ? ending.then(finish) : ending
  }

  async function tearDown(reason: EndReason): Promise<void> {
    const isStarting = record.state === 'provisioning'
    record.state = 'stopping'
    record.stoppingAt = clock.now()
    record.endReason = reason
    for (const undo of undos) undo()
    if (isStarting) boot.cancel(new PlatformError('InternalServerException', 'The session was ended while it started.'))
    // A boot in flight may still bring a machine; it is waited for, never leaked.
    await booted.catch(() => {})
    await machine?.end()
    const restMs = record.stoppingAt + times.teardownMs - clock.now()
    if (restMs > 0) clock.setTimeout(finish, restMs)
    else finish()
  }

  function finish(): void {
    if (record.state === 'ended') return
    record.state = 'ended'
    record.endedAt = clock.now()
    onEnded()
    sayGone()
  }

  async function settled(): Promise<void> {
    await Promise.race([machine?.exited.then(() => ending), sleep(deathNewsMs, undefined, { ref: false })])
  }

  function begin(clientLeft: AbortSignal, how: 'busy' | 'quiet' = 'busy'): Flight {
    if (!machine || ending) throw new PlatformError('RuntimeClientError', 'The agent did not answer: it ended.')
    const flight = flights.begin(clientLeft, how)
    touch()
    return flight
  }

  return {
    record,
    identity,
    get machine() {
      return machine
    },
    ready,
    gone,
    begin,
    touch,
    end,
    async call(call, clientLeft) {
      const flight = begin(clientLeft)
      count(record, call)
      emit({ type: 'invoked', ...identity })
      try {
        if (!machine) throw new Error('there is no agent')
        const { status, headers, body } = await machine.call(call, flight)
        if (body instanceof Uint8Array) flight.land()
        else body.once('close', flight.land)
        return { status, headers, body, settled }
      } catch (cause) {
        flight.land()
        clientLeft.throwIfAborted()
        await settled()
        const why = ending ? 'it ended' : `the connection broke (${cause instanceof Error ? cause.message : cause})`
        throw new PlatformError('RuntimeClientError', `The agent did not answer: ${why}.`, { cause })
      }
    },
  }
}

/** A broken connection is often the first sign of an agent's death: the second one may come that much later. */
const deathNewsMs = 250

function count(record: VmRecord, { body }: AgentCall): void {
  if (isWarmUp(body)) {
    record.warmUps++
    if (record.invokes > 0) record.beats++
  }
  record.invokes++
}
