import type { PoolTarget } from '@warm-agent/pool'
import { erlangB } from '@warm-agent/pool/plan'
import type { Traffic } from './simulate-pool.ts'

const stepMs = 60_000

/**
 * The optimum for a pool that knows the true rate of every moment of the day beforehand, though not the instants: of all
 * sizes over time that miss no more than `missRate` of the day's claims, the one with the fewest held seconds. It spends
 * its misses where avoiding them is dearest, so it is cheaper than holding `missRate` at every moment.
 */
export function clairvoyantTarget(traffic: Traffic, replenishmentMs: number, missRate: number): PoolTarget {
  const rates = Array.from({ length: Math.ceil(traffic.durationMs / stepMs) }, (_, step) =>
    traffic.rateAt((step + 0.5) * stepMs),
  )
  const claims = rates.reduce((sum, rate) => sum + rate, 0)
  const sizesAt = (price: number) => rates.map(rate => sizeWorth(rate, (rate * replenishmentMs) / 1000, price))
  const missesOf = (sizes: number[]) =>
    rates.reduce((sum, rate, step) => sum + rate * erlangB(sizes[step] ?? 0, (rate * replenishmentMs) / 1000), 0)
  // Bisection over what one miss per second is worth, in sessions.
  let low = 0
  let high = 1e9
  for (let turn = 0; turn < 100; turn++) {
    const middle = Math.sqrt(Math.max(low, 1e-6) * high)
    if (missesOf(sizesAt(middle)) > missRate * claims) low = middle
    else high = middle
  }
  const sizes = sizesAt(high)
  return { sizeAt: nowMs => sizes[Math.min(sizes.length - 1, Math.max(0, Math.floor(nowMs / stepMs)))] ?? 0 }
}

/** One more session as long as the misses per second that it avoids are worth it. */
function sizeWorth(rate: number, load: number, price: number): number {
  let size = 0
  for (let loss = 1; ; size++) {
    const next = (load * loss) / (size + 1 + load * loss)
    if (rate * (loss - next) * price < 1) return size
    loss = next
  }
}
