/**
 * Nobody can tell the mean of a lead by its 5 % quantile alone, so a spread is assumed: log-normal, as times that people take are,
 * with σ 1. Then half of the default leads are over after 26 s, or 15 s after the first key: the time that 22 or 13 words take to
 * type (52 a minute; Dhakal et al., CHI 2018). How long people stay on pages spreads by 1.28 and more (Weibull with a shape below
 * 1; Liu, White, Dumais, SIGIR 2010), but there those count who leave at once, and here only those who send.
 */
const spread = 1
/** Of a standard normal distribution 5 % lie below minus this. */
const normalQuantile = 1.645

/** What is assumed, for the formulas. */
export const assumedLead = 'assumed: a log-normal lead with σ 1'

/** @returns how long first messages take on average, where nineteen of twenty take longer than `leadMs`. */
export function assumedMeanMs(leadMs: number): number {
  return Math.round(leadMs * Math.exp(normalQuantile * spread + spread ** 2 / 2))
}

/**
 * What becomes of senders' sessions that are held for `holdMs` at most, where leads are log-normal with that 5 % quantile and
 * that mean.
 *
 * @returns how long one is held on average, and the share of senders who write after its hold.
 */
export function holdOfSenders(leadMs: number, meanMs: number, holdMs: number): { heldMs: number; lateShare: number } {
  if (meanMs <= leadMs) return { heldMs: Math.min(meanMs, holdMs), lateShare: meanMs > holdMs ? 1 : 0 }
  const sigma = Math.sqrt(normalQuantile ** 2 + 2 * Math.log(meanMs / leadMs)) - normalQuantile
  const deviations = (Math.log(holdMs / leadMs) - normalQuantile * sigma) / sigma
  const lateShare = normalShareBelow(-deviations)
  return { heldMs: meanMs * normalShareBelow(deviations - sigma) + holdMs * lateShare, lateShare }
}

/** The standard normal distribution, to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26). */
function normalShareBelow(z: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2)
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const tail = (series * Math.exp((-z * z) / 2)) / 2
  return z < 0 ? tail : 1 - tail
}
