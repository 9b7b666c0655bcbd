import { type AlarmName, type AlarmRules, poolAlarms } from './pool-alarms.ts'
import type { Standing } from './pool-store.ts'

/** What all members together have counted, where the store can tell. */
export type FleetCounts = Pick<Standing, 'claims' | 'misses'>

/** What this process has counted since it was created. */
interface OwnCounts {
  readonly hits: number
  readonly misses: number
  readonly warmSeconds: number
}

/** The span that alarms look at. */
const spanMs = 3_600_000

/** Keeps the span that alarms go by, and those that ring. */
export function createAlarmWatch(rules: AlarmRules, startMs: number) {
  let ringing: ReadonlyMap<AlarmName, string> = new Map()
  let fleet: FleetCounts = {}
  let start = { atMs: startMs, hits: 0, misses: 0, warmSeconds: 0, fleet }

  /** @returns how many were counted in the span: elsewhere too, where that is known. */
  function inSpan(own: number, fleetName: keyof FleetCounts): number {
    return Math.max(own, (fleet[fleetName] ?? 0) - (start.fleet[fleetName] ?? fleet[fleetName] ?? 0))
  }

  /** A count goes down by what was claimed and put back; and a store that has lost its memory counts from 0 again. */
  function startOf(name: keyof FleetCounts, now: FleetCounts): number | undefined {
    const [begun, count] = [start.fleet[name], now[name]]
    return begun !== undefined && count !== undefined ? Math.min(begun, count) : (begun ?? count)
  }

  return {
    ringing: () => ringing,

    noteFleet(now: FleetCounts): void {
      start = { ...start, fleet: { claims: startOf('claims', now), misses: startOf('misses', now) } }
      fleet = now
    },

    /** @returns the alarms that changed since it was last asked. */
    look(
      own: OwnCounts,
      isBreakerOpen: boolean,
      atMs: number,
    ): { raised: [AlarmName, string][]; cleared: AlarmName[] } {
      const before = ringing
      const hits = inSpan(own.hits - start.hits, 'claims')
      const misses = inSpan(own.misses - start.misses, 'misses')
      const warmSeconds = own.warmSeconds - start.warmSeconds
      ringing = poolAlarms({ spanMs: atMs - start.atMs, hits, misses, warmSeconds, isBreakerOpen }, rules)
      // A span without a hit goes on until there is one, or nothing is held: it is what "never used" is about.
      if (atMs - start.atMs >= spanMs && hits > 0) start = { ...own, atMs, fleet }
      return {
        raised: [...ringing].filter(([name]) => !before.has(name)),
        cleared: [...before.keys()].filter(name => !ringing.has(name)),
      }
    },
  }
}
