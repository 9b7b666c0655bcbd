/** Where a microVM is in its life. `active` while a call runs. Nothing but `active` and `idle` takes calls. */
export type Phase = 'provisioning' | 'active' | 'idle' | 'stopping' | 'ended'

export type EndReason =
  | 'stopped'
  | 'idle'
  | 'max-lifetime'
  | 'agent-exited'
  | 'start-failed'
  | 'abandoned'
  /** Chaos took it. */
  | 'lost'
  | 'emulator-closed'

export interface Limits {
  idleMs: number
  maxLifetimeMs: number
}

/**
 * What an invoke does to a session whose VM is in `phase`; `undefined`: it has none, never had or not any more.
 *
 * @param isConflictOver whether the platform has stopped refusing what comes while it provisions or tears down; then
 * the call waits for the end of that.
 */
export function decideInvoke(
  phase: Phase | undefined,
  isConflictOver = false,
): 'provision' | 'pass' | 'conflict' | 'wait' {
  switch (phase) {
    case undefined:
    case 'ended':
      return 'provision'
    case 'active':
    case 'idle':
      return 'pass'
    case 'provisioning':
    case 'stopping':
      return isConflictOver ? 'wait' : 'conflict'
    default:
      return phase satisfies never
  }
}

/** What a stop does to a session whose VM is in `phase`. */
export function decideStop(phase: Phase | undefined, isConflictOver = false): 'stop' | 'missing' | 'conflict' | 'wait' {
  const verdict = decideInvoke(phase, isConflictOver)
  if (verdict === 'conflict' || verdict === 'wait') return verdict
  return verdict === 'pass' ? 'stop' : 'missing'
}

/**
 * When the platform will end a VM by itself, and why.
 *
 * The idle timer counts from the last touch, which is the start and the end of every call; the lifetime counts from
 * the VM's creation and nothing resets it.
 */
export function deadlineOf(
  vm: { state: Phase; bornAt: number; touchedAt: number },
  limits: Limits,
): { at: number; reason: 'idle' | 'max-lifetime' } | undefined {
  if (vm.state !== 'active' && vm.state !== 'idle') return undefined
  const lifetimeAt = vm.bornAt + limits.maxLifetimeMs
  const idleAt = vm.touchedAt + limits.idleMs
  return vm.state === 'idle' && idleAt < lifetimeAt
    ? { at: idleAt, reason: 'idle' }
    : { at: lifetimeAt, reason: 'max-lifetime' }
}
