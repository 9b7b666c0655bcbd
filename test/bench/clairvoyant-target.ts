import type { PoolTarget } from '@warm-agent/pool'
import { erlangB } from '@warm-agent/pool/plan'
import type { Traffic } from './simulate-pool.ts'

const stepMs = 60_000
/** A warm-up takes no longer: so much before a step up, the optimum begins it. */
const aheadMs = 10_000

/**
 * The optimum for a pool that knows beforehand the true rate of every moment, though not the instants of the claims: of
 * all sizes over time that miss no more than `missRate` of the day's claims by Erlang's formula, the one that holds the
 * fewest. It spends its misses where they are dearest to avoid, so it is cheaper than `missRate` at every moment.
 */
export function clairvoyantTarget(traffic: Traffic, replenishmentMs: number, missRate: number): PoolTarget {
  const steps = Math.ceil(traffic.durationMs / stepMs)
  const rates = Array.from({ length: steps }, (_, step) => traffic.rateAt((step + 0.5) * stepMs))
  const claims = rates.reduce((sum, rate) => sum + rate, 0)
  const loadOf = (rate: number) => (rate * replenishmentMs) / 1000
  const sizesAt = (worth: number) => rates.map(rate => sizeWorth(rate, loadOf(rate), worth))
  const missesOf = (sizes: number[]) =>
    rates.reduce((sum, rate, step) => sum + rate * erlangB(sizes[step] ?? 0, loadOf(rate)), 0)
  // How many sessions one miss per second is worth, by bisection.
  let low = 1e-6
  let high = 1e9
  for (let turn = 0; turn < 60; turn++) {
    const middle = Math.sqrt(low * high)
    if (missesOf(sizesAt(middle)) > missRate * claims) low = middle
    else high = middle
  }
  const sizes = sizesAt(high)
  const sizeOf = (atMs: number) => sizes[Math.min(steps - 1, Math.max(0, Math.floor(atMs / stepMs)))] ?? 0
  return { sizeAt: nowMs => Math.max(sizeOf(nowMs), sizeOf(nowMs + aheadMs)) }
}

/** One more session, as long as the misses per second that it avoids are worth it. */
function sizeWorth(rate: number, load: number, worth: number): number {
  let size = 0
  let loss = 1
  for (;;) {
    const next = (load * loss) / (size + 1 + load * loss)
    if (rate * (loss - next) * worth < 1) return size
    loss = next
    size++
  }
}
