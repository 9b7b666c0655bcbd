/** The value below which a share of the samples lies, linear between neighbours (Hyndman and Fan type 7). `null` without samples. */
export function quantile(samples: readonly number[], share: number): number | null {
  if (samples.length === 0) return null
  const sorted = [...samples].sort((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? 0
  const above = sorted[Math.ceil(position)] ?? below
  return below + (above - below) * (position - Math.floor(position))
}
