/** The newest of many numbers, and how many there were in all: a report tells how things are now, not how they were months ago. */
export function keepNewest(most: number) {
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
