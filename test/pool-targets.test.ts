import { createSimulatedRuntime, createVirtualClock } from '@warm-agent/emulator'
import { adaptiveTarget, createWarmPool, memoryStore, type PoolTarget, scheduledTarget } from '@warm-agent/pool'
import { RuntimeFailure } from '@warm-agent/proxy'
import { expect, test } from 'vitest'

const minuteMs = 60_000

function start(target: PoolTarget, startAt: string) {
  const clock = createVirtualClock(Date.parse(startAt))
  const runtime = createSimulatedRuntime({
    clock,
    seed: 1,
    boot: { kind: 'fixed', ms: 3_000 },
    toFailure: ({ reason, message, ...details }) => new RuntimeFailure(reason, message, details),
  })
  const pool = createWarmPool({ runtime, store: memoryStore(), target, clock })
  const live = () => runtime.sessions().length
  return { clock, pool, live }
}

test('a schedule fills the pool at its moment and empties it at the next, though nothing else happens', async () => {
  const lines = [
    { cron: '0 8 * * *', size: 5 },
    { cron: '0 9 * * *', size: 2 },
  ]
  const { clock, pool, live } = start(scheduledTarget({ timeZone: 'UTC', lines }), '2026-11-22T07:50:00Z')
  await pool.start()
  await clock.advance(minuteMs)
  expect(live()).toBe(2)
  await clock.advance(10 * minuteMs)
  expect(live()).toBe(5)
  await clock.advance(60 * minuteMs)
  expect(live()).toBe(2)
  await pool.close()
})

test('an adaptive target grows the pool with its claims, and shrinks it when they end', async () => {
  const { clock, pool, live } = start(adaptiveTarget({ floor: 2 }), '2026-11-22T07:50:00Z')
  await pool.start()
  await clock.advance(minuteMs)
  expect(live()).toBe(2)
  for (let claim = 0; claim < 300; claim++) {
    await pool.claim()
    await clock.advance(500)
  }
  const { hits, misses, target = 0 } = pool.stats()
  expect(hits).toBeGreaterThan(20 * misses)
  expect(target).toBeGreaterThanOrEqual(7)
  await clock.advance(90 * minuteMs)
  expect(pool.stats().target).toBe(2)
  await pool.close()
})
