import {
  bootSampler,
  createSimulatedRuntime,
  createVirtualClock,
  type PlatformName,
  platformOf,
} from '@warm-agent/emulator'
import { expect, test } from 'vitest'

/** Shares of 20,000 boots of a seed. */
function quantilesOf(name: PlatformName, imageMegabytes: number | undefined, shares: number[]): number[] {
  const next = bootSampler(platformOf(name, imageMegabytes).boot, 11)
  const sorted = Array.from({ length: 20_000 }, next).sort((a, b) => a - b)
  return shares.map(share => sorted[Math.floor(share * sorted.length)] ?? Number.NaN)
}

// agentcore-samples, 05-measure-your-runtime, September 2026.
test.each<[PlatformName, number | undefined, number]>([
  ['v1-code', undefined, 2850],
  ['v2', undefined, 1960],
  ['v1-container', 200, 5370],
  ['v1-container', 1000, 15_500],
  ['v1-container', 2000, 29_700],
  ['v2', 200, 1940],
  ['v2', 1000, 2130],
  ['v2', 2000, 2160],
])('%s, image of %s MB: a quarter of the cold starts takes longer than the published %d ms', (name, size, p75Ms) => {
  const [p50 = 0, p75 = 0, p99 = 0] = quantilesOf(name, size, [0.5, 0.75, 0.99])
  expect(p75 / p75Ms).toBeGreaterThan(0.98)
  expect(p75 / p75Ms).toBeLessThan(1.02)
  // The article's benchmark: p50 2.9 s, p99 4.9 s.
  expect(p99 / p50).toBeGreaterThan((4.9 / 2.9) * 0.95)
  expect(p99 / p50).toBeLessThan((4.9 / 2.9) * 1.05)
})

test('an image between two published sizes starts between their times', () => {
  const [p75 = 0] = quantilesOf('v1-container', 600, [0.75])
  expect(p75).toBeGreaterThan(5370)
  expect(p75).toBeLessThan(15_500)
})

async function startMany(count: number, options: Parameters<typeof createSimulatedRuntime>[0] = {}) {
  const clock = createVirtualClock()
  const runtime = createSimulatedRuntime({ clock, seed: 5, newSessionsPerSecond: Number.POSITIVE_INFINITY, ...options })
  const start = async (first: number, qualifier = 'DEFAULT') => {
    const signal = new AbortController().signal
    const before = runtime.ledger().vms.length
    const calls = Array.from({ length: count }, (_, index) =>
      runtime.invoke({ id: `session-${first + index}`, qualifier }, runtime.warmUpRequest('nonce'), signal),
    )
    await clock.advance(120_000)
    await Promise.all(calls)
    return runtime.ledger().vms.slice(before)
  }
  return { clock, start, runtime }
}

test('v1-container serves ten starts of every endpoint from pre-warmed instances, and refills them slowly', async () => {
  const { clock, start } = await startMany(12, { platform: 'v1-container', refillSeconds: 60 })
  const burst = await start(0)
  expect(burst.map(vm => vm.isPreWarmed)).toEqual([...Array(10).fill(true), false, false])
  for (const vm of burst) expect(vm.bootMs ?? 0)[vm.isPreWarmed ? 'toBeLessThan' : 'toBeGreaterThan'](1_500)
  const other = await start(100, 'blue')
  expect(other.filter(vm => vm.isPreWarmed)).toHaveLength(10)
  await clock.advance(60_000)
  // Three minutes after the burst, three are back, and the last two minutes have passed since `blue`.
  expect((await start(200)).filter(vm => vm.isPreWarmed).length).toBe(5)
})

test.each<PlatformName>(['v1-code', 'v2'])(
  '%s has no pre-warmed instances unless they are asked for',
  async platform => {
    const { start } = await startMany(3, { platform })
    expect((await start(0)).map(vm => vm.isPreWarmed)).toEqual([false, false, false])
    const asked = await startMany(3, { platform, preWarmed: 2 })
    expect((await asked.start(0)).map(vm => vm.isPreWarmed)).toEqual([true, true, false])
  },
)

test.each<[PlatformName, number]>([
  ['v1-code', 30_000],
  ['v1-container', 30_000],
  ['v2', 120_000],
])('%s gives up an agent that is not ready after %d ms', async (platform, limitMs) => {
  const clock = createVirtualClock()
  const invoke = () => '{}'
  const slow = { startMs: limitMs + 1, invoke }
  const runtime = createSimulatedRuntime({ clock, platform, boot: { kind: 'fixed', ms: 0 }, preWarmed: 0, agent: slow })
  const call = runtime.invoke({ id: 'slow', qualifier: 'DEFAULT' }, runtime.warmUpRequest('1'), never)
  const outcome = call.catch(error => error.message)
  await clock.advance(limitMs - 1)
  expect(runtime.sessions()).toMatchObject([{ state: 'provisioning' }])
  await clock.advance(1)
  expect(await outcome).toContain('Runtime initialization time exceeded')
})

const never = new AbortController().signal
