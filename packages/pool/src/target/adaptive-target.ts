import { dollarsOf, echoFootprintGb, type Platform, prices, quotasOf } from '@warm-agent/protocol/prices'
import { explainRefusal } from '@warm-agent/proxy/runtime-kit'
import * as z from 'zod'
import { defaultNewSessionsPerSecond } from '../new-session-rate.ts'
import type { PoolTarget } from '../pool-target.ts'
import { createArrivalRate } from './arrival-rate.ts'
import { erlangB, smallestSize } from './erlang-b.ts'

/** An option that is unknown or makes no sense is refused with an error that names it. */
export interface AdaptiveTargetOptions {
  /** The share of claims that may find the pool empty, above 0 and below 1. @default 0.001 */
  missRate?: number | undefined
  /** Hold at least that many, whatever was measured; or what another target says, such as a schedule. @default 1 */
  floor?: number | PoolTarget | undefined
  /** Hold at most that many. @default 100 */
  ceiling?: number | undefined
  /** What the held sessions may cost in an hour, in US dollars. They idle, so it is their memory. @default no limit */
  dollarsPerHour?: number | undefined
  /** What one held session costs in an hour, in US dollars. @default 0.02028: 1.2 GB (an echo agent, measured) on platform V2 */
  dollarsPerSessionHour?: number | undefined
  /** The pool's own `newSessionsPerSecond`. A higher rate of claims cannot be refilled, so no size is held for it. @default 20: 80 % of the account's quota */
  newSessionsPerSecond?: number | undefined
  /** How many of the account's active sessions the pool may hold. @default 1250: half of the quota of most regions */
  activeSessions?: number | undefined
  /** The replenishment time to go by until some were measured, in milliseconds. @default 3000 */
  replenishmentMs?: number | undefined
  /** The rate is the mean over this time, over up to twelve times as much where there are few claims. Milliseconds, from 10 seconds to 1 hour. A burst is seen within seconds all the same. @default 300_000 */
  windowMs?: number | undefined
  /** Half of what is too much goes within this time. Milliseconds. @default 120_000 */
  shrinkHalfLifeMs?: number | undefined
}

/** What keeps a target from the size that the miss rate asks for. */
export type SizeBound = 'floor' | 'ceiling' | 'dollarsPerHour' | 'newSessionsPerSecond' | 'activeSessions'

/** Why a pool has its size. */
export interface SizeReason {
  size: number
  /** The smallest size with an Erlang-B loss under the wanted miss rate, before any bound. */
  wanted: number
  /** The bound that made it another size than `wanted`. `undefined`: none did, also while the pool is still shrinking. */
  boundBy: SizeBound | undefined
  ratePerSecond: number
  replenishmentMs: number
  /** The share of claims that will find a pool of this size empty at this rate. */
  missRate: number
}

/** A target that measures. */
export interface AdaptiveTarget extends PoolTarget {
  noteArrival(atMs: number): void
  noteReplenishment(tookMs: number): void
  noteTakeover(held: number, atMs: number): void
  /** The present size with its reason, for logs and people. */
  explainAt(nowMs: number): SizeReason
}

const aFloor = z.custom<number | PoolTarget>(
  value =>
    (Number.isInteger(value) && Number(value) >= 0) || typeof (value as PoolTarget | null)?.sizeAt === 'function',
  'expected a whole number from 0, or a target',
)
const optionsSchema = z.strictObject({
  missRate: z.number().gt(0).lt(1).default(0.001),
  floor: aFloor.default(1),
  ceiling: z.number().int().min(1).max(100_000).default(100),
  dollarsPerHour: z.number().positive().default(Number.MAX_VALUE),
  dollarsPerSessionHour: z.number().positive().default(dollarsPerSessionHour('v2', echoFootprintGb.v2)),
  newSessionsPerSecond: z.number().positive().default(defaultNewSessionsPerSecond),
  activeSessions: z
    .number()
    .int()
    .min(1)
    .default(quotasOf('').activeSessions / 2),
  replenishmentMs: z.number().positive().default(3_000),
  windowMs: z.number().min(10_000).max(3_600_000).default(300_000),
  shrinkHalfLifeMs: z.number().positive().default(120_000),
})

/** What a held session costs in an hour, in US dollars. It idles, so it is its memory. */
export function dollarsPerSessionHour(platform: Platform, footprintGb: number): number {
  return dollarsOf({ heldMs: 3_600_000, gb: footprintGb }, prices[platform])
}

/** Replenishments that the given time counts for against measured ones, and how many are remembered. */
const priorWeight = 5
const remembered = 500
/** The estimate is not made anew more often than this: a pool asks after every event. */
const freshMs = 250

/**
 * A target that follows the traffic: from the measured rate of arrivals and the measured replenishment time, the
 * smallest size whose Erlang-B loss is under the wanted miss rate, within bounds. It grows at once and shrinks slowly.
 *
 * @throws Error that names the option that is unknown or makes no sense.
 */
export function adaptiveTarget(options: AdaptiveTargetOptions = {}): AdaptiveTarget {
  const checked = optionsSchema.safeParse(options)
  if (!checked.success) {
    const refused = explainRefusal(checked.error, options)
    throw new Error(`Could not create the adaptive target: ${refused}. See AdaptiveTargetOptions.`)
  }
  const { missRate, floor: least, windowMs, shrinkHalfLifeMs, newSessionsPerSecond } = checked.data
  const bounds: [SizeBound, number][] = [
    ['ceiling', checked.data.ceiling],
    ['dollarsPerHour', Math.floor(checked.data.dollarsPerHour / checked.data.dollarsPerSessionHour)],
    ['activeSessions', checked.data.activeSessions],
  ]
  const [tightest, most] = bounds.reduce((least, each) => (each[1] < least[1] ? each : least))
  if (typeof least === 'number' && least > most) {
    throw new Error(
      `Could not create the adaptive target: floor ${least} is more than the ${most} that ${tightest} allows. Lower the one or raise the other.`,
    )
  }

  const floor: PoolTarget = typeof least === 'number' ? { sizeAt: () => least } : least
  const arrivals = createArrivalRate(windowMs)
  let replenishmentMs = checked.data.replenishmentMs
  let measured = 0
  let held = 0
  let estimate: ReturnType<typeof estimateAt> | undefined

  function estimateAt(nowMs: number) {
    const rate = arrivals.at(nowMs)
    const toSize = (eachRate: number) => smallestSize((eachRate * replenishmentMs) / 1000, missRate)
    const wanted = toSize(rate)
    const refillable = rate > newSessionsPerSecond ? toSize(newSessionsPerSecond) : wanted
    const floorNow = Math.max(0, Math.ceil(floor.sizeAt(nowMs)))
    const unbounded = Math.max(floorNow, refillable)
    let boundBy: SizeBound | undefined
    if (unbounded > most) boundBy = tightest
    else if (floorNow > refillable) boundBy = 'floor'
    else if (refillable < wanted) boundBy = 'newSessionsPerSecond'
    return { atMs: nowMs, wanted, bounded: Math.min(most, unbounded), boundBy, rate }
  }

  function update(nowMs: number) {
    if (estimate && nowMs >= estimate.atMs && nowMs - estimate.atMs < freshMs) return estimate
    const before = estimate
    estimate = estimateAt(nowMs)
    const { bounded } = estimate
    const passedMs = Math.max(0, nowMs - (before?.atMs ?? nowMs))
    held = held > bounded ? bounded + (held - bounded) * 2 ** (-passedMs / shrinkHalfLifeMs) : bounded
    return estimate
  }

  function sizeAt(nowMs: number): number {
    update(nowMs)
    // Rounded, so that the last tenth of a session is not held for ever.
    return Math.round(held)
  }

  return {
    sizeAt,
    noteArrival(atMs) {
      arrivals.note(atMs)
      floor.noteArrival?.(atMs)
    },
    noteReplenishment(tookMs) {
      if (!(tookMs >= 0 && tookMs < Number.POSITIVE_INFINITY)) return
      measured++
      replenishmentMs += (tookMs - replenishmentMs) / Math.min(measured + priorWeight, remembered)
      floor.noteReplenishment?.(tookMs)
    },
    noteTakeover(found, atMs) {
      update(atMs)
      // It goes on from there, and shrinks as slowly as ever.
      held = Math.max(held, Math.min(found, most))
      floor.noteTakeover?.(found, atMs)
    },
    explainAt(nowMs) {
      const size = sizeAt(nowMs)
      const { wanted, boundBy, rate } = update(nowMs)
      const loss = erlangB(size, (rate * replenishmentMs) / 1000)
      return { size, wanted, boundBy, ratePerSecond: rate, replenishmentMs, missRate: loss }
    },
  }
}
