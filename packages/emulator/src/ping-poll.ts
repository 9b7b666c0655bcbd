import type { Clock } from './clock.ts'
import { type Ping, restartsIdleTimer } from './ping.ts'

interface PingPollSetup {
  clock: Clock
  /** Milliseconds between the end of one poll and the next. */
  everyMs: number
  ping: () => Promise<Ping | undefined>
  /** A poll was answered with what restarts the idle timer. */
  onBusy: () => void
}

/** Polls the `/ping` of a running agent. @returns the undo */
export function startPingPoll({ clock, everyMs, ping, onBusy }: PingPollSetup): () => void {
  let previous: Ping | undefined
  let isOver = false
  let timer: unknown

  async function poll(): Promise<void> {
    const current = await ping()
    if (isOver) return
    if (restartsIdleTimer(previous, current)) onBusy()
    previous = current ?? previous
    pollLater()
  }

  function pollLater(): void {
    timer = clock.setTimeout(() => void poll(), everyMs)
  }

  if (everyMs !== Number.POSITIVE_INFINITY) pollLater()
  return () => {
    isOver = true
    clock.clearTimeout(timer)
  }
}
