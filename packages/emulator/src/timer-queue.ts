/** A timer that waits. */
interface QueuedTimer {
  readonly at: number
  /** Counts the timers: of two for the same moment, the older one is first. */
  readonly order: number
  run: () => void
}

/** Timers in the order of their time: a binary heap, because a simulated day has millions. */
export interface TimerQueue {
  add(at: number, run: () => void): QueuedTimer
  /** Forgets a timer; one that ran, or that it never made, is no matter. */
  remove(timer: unknown): void
  first(): QueuedTimer | undefined
  takeFirst(): void
}

const nothing = () => {}

export function createTimerQueue(): TimerQueue {
  const heap: QueuedTimer[] = []
  let made = 0

  const isBefore = (a: QueuedTimer, b: QueuedTimer) => a.at < b.at || (a.at === b.at && a.order < b.order)

  function raise(timer: QueuedTimer, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = heap[above] as QueuedTimer
      if (!isBefore(timer, parent)) break
      heap[place] = parent
      place = above
    }
    heap[place] = timer
  }

  function sink(timer: QueuedTimer): void {
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1] as QueuedTimer, heap[below] as QueuedTimer)) below++
      const child = heap[below] as QueuedTimer
      if (!isBefore(child, timer)) break
      heap[place] = child
      place = below
    }
    heap[place] = timer
  }

  function takeFirst(): void {
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) sink(last)
  }

  return {
    add(at, run) {
      const timer = { at, order: made++, run }
      heap.push(timer)
      raise(timer, heap.length - 1)
      return timer
    },
    remove(timer) {
      // It stays in the heap, without effect, until its time: taking it out would mean to look for it.
      if (timer !== undefined) (timer as QueuedTimer).run = nothing
    },
    first() {
      while (heap[0]?.run === nothing) takeFirst()
      return heap[0]
    },
    takeFirst,
  }
}
