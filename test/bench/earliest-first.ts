/** A queue of moments, the earliest first: a binary heap. */
export function earliestFirst() {
  const heap: number[] = []
  const at = (index: number) => heap[index] ?? Number.POSITIVE_INFINITY

  return {
    get size() {
      return heap.length
    },
    peek: () => at(0),
    add(moment: number) {
      let index = heap.push(moment) - 1
      for (let parent = (index - 1) >> 1; index > 0 && at(parent) > moment; parent = (index - 1) >> 1) {
        heap[index] = at(parent)
        index = parent
      }
      heap[index] = moment
    },
    take(): number {
      const first = at(0)
      const last = heap.pop() ?? first
      if (heap.length === 0) return first
      let index = 0
      for (;;) {
        const left = 2 * index + 1
        const least = at(left + 1) < at(left) ? left + 1 : left
        if (at(least) >= last) break
        heap[index] = at(least)
        index = least
      }
      heap[index] = last
      return first
    },
  }
}
