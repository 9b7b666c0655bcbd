/** What an alarm is about. */
export type AlarmName = 'never-used' | 'hit-ratio-low' | 'cannot-refill'

/** What alarms go by: one span of time. */
export interface AlarmSituation {
  /** How long the span is. Milliseconds. */
  readonly spanMs: number
  readonly hits: number
  readonly misses: number
  /** Session-seconds that were held in the span. */
  readonly warmSeconds: number
  readonly isBreakerOpen: boolean
}

/** When alarms ring. */
export interface AlarmRules {
  /** Rings when sessions were held for this long and none was claimed: on, billed, and of use to nobody. Milliseconds. @default 3_600_000 */
  neverUsedAfterMs: number
  /** Rings when a smaller share of the claims of an hour were hits. @default 0.9 */
  hitRatioBelow: number
  /** That needs so many claims to be said. @default 20 */
  claimsNeeded: number
}

/** @returns the alarms that ring now, each with its sentence. */
export function poolAlarms(situation: AlarmSituation, rules: AlarmRules): ReadonlyMap<AlarmName, string> {
  const { spanMs, hits, misses, warmSeconds, isBreakerOpen } = situation
  const alarms = new Map<AlarmName, string>()
  const claims = hits + misses
  if (hits === 0 && warmSeconds > 0 && spanMs >= rules.neverUsedAfterMs) {
    const why = claims === 0 ? 'nobody claimed one' : `${claims} claims gave nothing`
    alarms.set(
      'never-used',
      `Sessions were held for ${Math.round(warmSeconds)} s and none was used: ${why}. Check that the proxy has this pool, or end it.`,
    )
  }
  if (claims >= rules.claimsNeeded && hits / claims < rules.hitRatioBelow) {
    const percent = ((100 * hits) / claims).toFixed(1)
    alarms.set(
      'hit-ratio-low',
      `Only ${percent} % of ${claims} claims found a session. Raise the target, or see why refilling is slow.`,
    )
  }
  if (isBreakerOpen) {
    alarms.set(
      'cannot-refill',
      'Warm-ups fail again and again: the pool is not refilled. See the cause of breaker-opened.',
    )
  }
  return alarms
}
