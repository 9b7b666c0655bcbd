export type { CanaryAnswer } from './canary.ts'
export { createWarmPool } from './create-warm-pool.ts'
export { type AlarmName, type AlarmRules, type AlarmSituation, poolAlarms } from './pool-alarms.ts'
export type { PoolStats } from './pool-books.ts'
export type { PoolClock } from './pool-clock.ts'
export type { MissCause, PoolEvent, PoolNews, PoolSessionDetails } from './pool-event.ts'
export type { WarmPoolOptions } from './pool-options.ts'
export { type DrainPolicy, type PoolPlan, type PoolSituation, poolPlan, type RetireReason } from './pool-plan.ts'
export type { AddOutcome, ClaimGate, PoolMember, PoolStore, Standing, StoreClaim, StoreContent } from './pool-store.ts'
export type { PoolTarget } from './pool-target.ts'
export type { EntryState, PoolEntry, PooledSession, StoredEntry } from './pooled-session.ts'
export type { SampleSummary } from './sample.ts'
export { memoryStore } from './stores/memory-store.ts'
export {
  type AdaptiveTarget,
  type AdaptiveTargetOptions,
  adaptiveTarget,
  dollarsPerSessionHour,
  type SizeBound,
  type SizeReason,
} from './target/adaptive-target.ts'
export { type ScheduledTargetOptions, type ScheduleLine, scheduledTarget } from './target/scheduled-target.ts'
export type { CloseOptions, WarmPool } from './warm-pool.ts'
