/** What was measured, in so far as it is remembered. */
export interface SampleSummary {
  /** How many values there were, ever. */
  readonly count: number
  /** Of the last 1,024 values; `undefined` before the first. */
  readonly p50: number | undefined
  readonly p99: number | undefined
  readonly max: number | undefined
}

const remembered = 1_024

/** The last values of a measurement. */
export function createSample() {
  const values: number[] = []
  let count = 0

  return {
    add(value: number): void {
      values[count % remembered] = value
      count += 1
    },
    summary(): SampleSummary {
      const sorted = values.toSorted((one, other) => one - other)
      const quantile = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
      return { count, p50: quantile(0.5), p99: quantile(0.99), max: sorted.at(-1) }
    },
  }
}
