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
