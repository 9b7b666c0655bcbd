import { readFile } from 'node:fs/promises'
import { adaptiveTarget } from '@warm-agent/pool'
import { erlangB } from '@warm-agent/pool/plan'
import { expect, test } from 'vitest'
import { clairvoyantTarget } from './bench/clairvoyant-target.ts'
import { playPool } from './bench/play-pool.ts'
import { lognormalMs, seededRandom } from './bench/random.ts'
import { type Played, simulatePool, type Traffic } from './bench/simulate-pool.ts'
import { diurnalTraffic, steadyTraffic } from './bench/traffics.ts'

const minuteMs = 60_000
/** The article's cold starts. */
const boot = { kind: 'lognormal', medianMs: 2_900, p99Ms: 4_900 } as const
const replenishmentMs = 2_975

interface Row {
  traffic: string
  engine: 'pool' | 'model'
  target: string
  hitRatio: number
  warmToOptimum: number
  heldToOptimum: number
}

async function committed(): Promise<{ rows: Row[]; sizes: { missRate: number; erlangB: number }[] }> {
  return JSON.parse(await readFile(new URL('bench/pool-simulation-result.json', import.meta.url), 'utf8'))
}

/** Misses come in swarms, so an interval is taken from batches that hardly know of each other. */
function intervalOf(shares: readonly number[]): [number, number] {
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (shares.length - 1)
  // Student's t, 19 degrees of freedom, 99.9 %.
  const half = 3.883 * Math.sqrt(variance / shares.length)
  return [mean - half, mean + half]
}

function missesOf({ claims, hits }: Played): number {
  return 1 - hits / claims
}

test.each([
  ['lognormal', (random: () => number) => lognormalMs(random, boot.medianMs, boot.p99Ms), replenishmentMs],
  ['always the same', () => 3_000, 3_000],
] as const)(
  'a pool misses what Erlang says, within the confidence interval; replenishment times: %s',
  (_, draw, meanMs) => {
    for (const size of [35, 40]) {
      const shares = Array.from({ length: 20 }, (_, batch) => {
        const random = seededRandom(batch)
        const traffic = steadyTraffic(10, 65 * minuteMs)
        return missesOf(simulatePool(traffic, { sizeAt: () => size }, { random, replenishmentMs: () => draw(random) }))
      })
      const [low, high] = intervalOf(shares)
      const expected = erlangB(size, meanMs / 100)
      expect(expected).toBeGreaterThan(low)
      expect(expected).toBeLessThan(high)
      expect(high - low).toBeLessThan(expected / 3)
    }
  },
)

test("and so does the pool itself, on the emulator's virtual clock", async () => {
  // A small pool that loses often: 0.5 claims per second, 1.5 missing on average, 3 held.
  const shares: number[] = []
  for (let seed = 0; seed < 20; seed++) {
    const played = await playPool(steadyTraffic(0.5, 10 * minuteMs), 3, { seed, boot: { kind: 'fixed', ms: 3_000 } })
    shares.push(missesOf(played))
  }
  const [low, high] = intervalOf(shares)
  expect(erlangB(3, 1.5)).toBeGreaterThan(low)
  expect(erlangB(3, 1.5)).toBeLessThan(high)
}, 60_000)

test.each([1, 5])(
  'on a day of up to %i claims per second the adaptive target hits 99.9 % for at most 1.25 times the optimum',
  rate => {
    const traffic: Traffic = diurnalTraffic(rate)
    const play = (target: Parameters<typeof simulatePool>[1]) => {
      const random = seededRandom(rate)
      return simulatePool(traffic, target, {
        random,
        replenishmentMs: () => lognormalMs(random, boot.medianMs, boot.p99Ms),
      })
    }
    const optimum = play(clairvoyantTarget(traffic, replenishmentMs, 0.001))
    const adaptive = play(adaptiveTarget())
    expect(1 - missesOf(adaptive)).toBeGreaterThanOrEqual(0.999)
    expect(adaptive.warmSeconds / optimum.warmSeconds).toBeLessThanOrEqual(1.25)
    expect(adaptive.heldSeconds / optimum.heldSeconds).toBeLessThanOrEqual(1.25)
    // The optimum is one: it just meets the wanted miss rate.
    expect(missesOf(optimum)).toBeGreaterThan(0.0007)
    expect(missesOf(optimum)).toBeLessThan(0.0013)
  },
)

test('the committed simulation meets the goals: on every day 99.9 % hits at 1.25 times the optimum, also by the pool itself', async () => {
  const { rows } = await committed()
  const days = rows.filter(({ traffic, target }) => traffic.startsWith('day') && target === 'adaptive')
  expect(days.map(({ engine }) => engine)).toContain('pool')
  expect(days.length).toBeGreaterThanOrEqual(5)
  for (const day of days) {
    expect(day.hitRatio).toBeGreaterThanOrEqual(0.999)
    expect(day.warmToOptimum).toBeLessThanOrEqual(1.25)
    expect(day.heldToOptimum).toBeLessThanOrEqual(1.25)
  }
})

test('the committed misses of fixed sizes are those of Erlang', async () => {
  const { sizes } = await committed()
  for (const { missRate, erlangB: expected } of sizes) expect(missRate / expected).toBeCloseTo(1, 0)
})

test('what the README says of bursts without warning is what was simulated', async () => {
  const { rows } = await committed()
  const bursts = rows.filter(({ traffic, target }) => traffic.startsWith('bursts') && target === 'adaptive')
  const hits = bursts.map(({ hitRatio }) => 100 * hitRatio)
  const readme = await readFile(new URL('../packages/pool/README.md', import.meta.url), 'utf8')
  expect(readme).toContain(
    `${Math.min(...hits).toFixed(1)} to ${Math.max(...hits).toFixed(1)} % in the simulation of bursts to 5, 20 and 100 a second`,
  )
  expect(new Set(bursts.map(({ traffic }) => traffic))).toEqual(
    new Set(['bursts to 5/s', 'bursts to 20/s', 'bursts to 100/s']),
  )
})
