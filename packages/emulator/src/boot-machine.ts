import { describePing } from './agent-ping.ts'
import { type Cancellable, unlessCancelled, wait } from './cancellation.ts'
import type { Clock } from './clock.ts'
import type { Engine, Machine } from './engine.ts'
import { PlatformError } from './platform-errors.ts'

export interface BootSetup {
  engine: Engine
  clock: Clock
  /** The microVM's number. */
  vm: number
  /** The platform's part, before the agent starts. Milliseconds. */
  delayMs: number
  /** Milliseconds from the agent's start to its first healthy `/ping`. */
  agentReadyTimeoutMs: number
  /** Ends the boot. */
  boot: Cancellable
  /** The agent has been started; it is not ready yet. */
  onStarted: (machine: Machine) => void
}

/** Provisions a microVM: the platform's delay, the agent's start, and its readiness in time. */
export async function bootMachine({ engine, clock, vm, boot, onStarted, ...times }: BootSetup): Promise<Machine> {
  await wait(clock, times.delayMs, boot)
  const machine = await engine.start(vm, boot)
  onStarted(machine)
  const tooLong = `Runtime initialization time exceeded, ${describePing(machine)} did not answer 200 in time`
  const timer = clock.setTimeout(() => boot.cancel(new Error(tooLong)), times.agentReadyTimeoutMs)
  await unlessCancelled(machine.ready, boot).finally(() => clock.clearTimeout(timer))
  return machine
}

/** What the platform answers to a call whose microVM did not start. */
export function startFailure(error: unknown, machine: Machine | undefined): PlatformError {
  if (error instanceof PlatformError) return error
  const words = machine?.lastWords().slice(-1_000)
  const why = error instanceof Error ? error.message : String(error)
  return new PlatformError(
    'RuntimeClientError',
    `The agent did not start: ${why}. ${words ? `It printed last: ${words}` : 'It printed nothing.'}`,
    { cause: error },
  )
}
