/** The value below which a share of the samples lies, linear between neighbours (Hyndman and Fan type 7). `null` of none. */
export function quantile(samples: readonly number[], share: number): number | null {
  if (samples.length === 0) return null
  const sorted = [...samples].sort((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? 0
  const above = sorted[Math.ceil(position)] ?? below
  return below + (above - below) * (position - Math.floor(position))
}

/** The newest of many numbers, and how many there were in all: a report tells how things are now, not how they were months ago. */
export function recent(most: number) {
  const kept: number[] = []
  let next = 0
  let count = 0
  return {
    add(value: number) {
      kept[next] = value
      count += 1
      next = (next + 1) % most
    },
    values: (): readonly number[] => kept,
    count: () => count,
  }
}
