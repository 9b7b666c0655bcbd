export { createWarmSession } from './create-warm-session.ts'
export { browserEnvironment, type Environment, type WarmTrigger } from './environment.ts'
export { type Circumstances, type HoldStep, planHold } from './hold-policy.ts'
export type { Resolvable, TriggerTarget, WarmSessionOptions } from './options.ts'
export type { ExpiryReason, LeaseDurations, SessionEvent } from './session-event.ts'
export {
  type HeartbeatStatus,
  type Hold,
  initialState,
  type SessionSnapshot,
  type SessionState,
  type SessionStatus,
  toSnapshot,
  transition,
} from './state.ts'
export type { WarmSession } from './warm-session.ts'
export type { WarmTransport } from './warm-transport.ts'
