import { createWarmPool, memoryStore, type PoolEvent, type WarmPoolOptions } from '@warm-agent/pool'
import { vi } from 'vitest'
import { createFakeAgents } from './fake-agents.ts'

/** A pool that has started under faked time, and has filled itself if its agents boot at once. */
export async function startPool(options: Partial<WarmPoolOptions> = {}, agents = createFakeAgents()) {
  const events: PoolEvent[] = []
  const store = options.store ?? memoryStore()
  const pool = createWarmPool({
    runtime: agents.runtime,
    target: 3,
    onEvent: event => events.push(event),
    ...options,
    store,
  })
  await pool.start()
  await vi.advanceTimersByTimeAsync(10)
  return { pool, store, agents, events, news: (type: PoolEvent['type']) => events.filter(event => event.type === type) }
}
