import type { ProxyEvent } from '../proxy-event.ts'
import { refuseUnknown } from '../refuse-unknown.ts'
import { checkCosts } from './check-costs.ts'
import { createTally } from './create-tally.ts'
import type { StatsPoolEvent } from './pool-tally.ts'
import { type StatsCosts, type StatsReport, toStatsReport } from './stats-report.ts'

export interface Stats {
  /** Give it to the proxy's `onEvent`, or call it from there. */
  onEvent(event: ProxyEvent): void
  /** Give it to the `onEvent` of each pool, or call it from there: what waits in a pool costs as well. */
  onPoolEvent(event: StatsPoolEvent): void
  /** What was seen so far. */
  report(): StatsReport
}

export interface StatsOptions {
  /** What a session costs, for the money in the report. @default as {@link StatsCosts} tells */
  costs?: StatsCosts
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number
}

/**
 * Collects what a proxy tells, and answers what warming is worth. Its memory is bounded. Counts what one process tells: for a
 * fleet take `redisStats`.
 *
 * @throws Error when an option is unknown, or costs make no sense.
 */
export function createStats({ costs, now = Date.now, ...unknown }: StatsOptions = {}): Stats {
  refuseUnknown(unknown, 'collect statistics', 'See StatsOptions.')
  checkCosts(costs)
  const sinceMs = now()
  const { onEvent, onPoolEvent, tally } = createTally()
  return { onEvent, onPoolEvent, report: () => toStatsReport(tally(), { scope: 'process', sinceMs, costs }) }
}
