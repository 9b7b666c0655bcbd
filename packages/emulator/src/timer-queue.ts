import TinyQueue from 'tinyqueue'

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
  const heap = new TinyQueue<QueuedTimer>([], (a, b) => a.at - b.at || a.order - b.order)
  let made = 0

  return {
    add(at, run) {
      const timer = { at, order: made++, run }
      heap.push(timer)
      return timer
    },
    remove(timer) {
      // It stays in the heap, without effect, until its time: taking it out would mean to look for it.
      if (timer !== undefined) (timer as QueuedTimer).run = nothing
    },
    first() {
      while (heap.peek()?.run === nothing) heap.pop()
      return heap.peek()
    },
    takeFirst: () => void heap.pop(),
  }
}
