import { createWarmPool, memoryStore } from '@warm-agent/pool'
import type { AgentRuntime } from '@warm-agent/proxy'
import { quantile } from '../quantile.ts'

/** How long a claim takes when so many sessions wait in the pool: the median of 200. */
export async function measureClaims(runtime: AgentRuntime, sessions: number): Promise<number> {
  const pool = createWarmPool({ runtime, store: memoryStore(), target: sessions, newSessionsPerSecond: 1_000_000 })
  await pool.start()
  while ((pool.stats().ready ?? 0) < sessions) await new Promise(resolve => setTimeout(resolve, 5))
  const times: number[] = []
  for (let claim = 0; claim < 200; claim++) {
    const startedAt = performance.now()
    const claimed = await pool.claim()
    times.push(performance.now() - startedAt)
    if (!claimed) throw new Error('Could not measure: the pool gave no session.')
    // The pool fills up again between two claims, as it does between two users: caches are cold then.
    do await new Promise(resolve => setTimeout(resolve, 1))
    while (!pool.stats().ready)
  }
  await pool.close({ sessions: 'stop' })
  return quantile(times, 0.5)
}
