import type { Traffic } from './simulate-pool.ts'

const hourMs = 3_600_000
const settlingMs = 300_000

/** The same rate all the time. */
export function steadyTraffic(rate: number, durationMs = 4 * hourMs): Traffic {
  return { durationMs, countedFromMs: settlingMs, highestRate: rate, rateAt: () => rate }
}

/** A day: quiet at 3:00, busiest at 15:00, when the rate is ten times as high. */
export function diurnalTraffic(highestRate: number): Traffic {
  const rateAt = (nowMs: number) =>
    highestRate * (0.55 - 0.45 * Math.cos((2 * Math.PI * (nowMs - 3 * hourMs)) / (24 * hourMs)))
  return { durationMs: 24 * hourMs, countedFromMs: 0, highestRate, rateAt }
}

/** Four hours with a burst each half hour: five times the rate for two minutes, without a ramp. */
export function burstTraffic(rate: number, durationMs = 4 * hourMs): Traffic {
  const rateAt = (nowMs: number) =>
    nowMs % (hourMs / 2) >= hourMs / 4 && nowMs % (hourMs / 2) < hourMs / 4 + 120_000 ? 5 * rate : rate
  return { durationMs, countedFromMs: settlingMs, highestRate: 5 * rate, rateAt }
}
