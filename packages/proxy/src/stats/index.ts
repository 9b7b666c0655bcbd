export { createStats, type Stats, type StatsOptions } from './create-stats.ts'
export { type HoldOutOptions, withHoldOut } from './hold-out.ts'
export type { Percentiles, StatsCosts, StatsReport } from './stats-report.ts'
export { decideVerdict, type Verdict, type VerdictFacts } from './verdict.ts'
