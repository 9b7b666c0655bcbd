import { createWarmPool, memoryStore } from '@warm-agent/pool'
import type { AgentRuntime, RuntimeSession } from '@warm-agent/proxy'
import { waitUntil } from './wait-until.ts'

/** A warm pool in this process, as a caller without a page uses it. */
export interface BenchPool {
  /** A session that is running, or `undefined` at once when the pool is empty. */
  claim(): Promise<RuntimeSession | undefined>
  /** Waits until this many sessions can be claimed. Rejects when `signal` is aborted. */
  untilReady(sessions: number, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

const lookAgainMs = 10

export async function startBenchPool(runtime: AgentRuntime, size: number): Promise<BenchPool> {
  const pool = createWarmPool({ runtime, store: memoryStore(), target: size })
  await pool.start()
  return {
    async claim() {
      const claimed = await pool.claim()
      return claimed ? { id: claimed.runtimeSessionId, qualifier: claimed.qualifier } : undefined
    },
    async untilReady(sessions, signal) {
      while ((pool.stats().ready ?? 0) < sessions) await waitUntil(performance.now() + lookAgainMs, signal)
    },
    close: () => pool.close({ sessions: 'stop' }),
  }
}
