import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { adaptiveTarget, type PoolTarget } from '@warm-agent/pool'
import { erlangB } from '@warm-agent/pool/plan'
import { clairvoyantTarget } from './clairvoyant-target.ts'
import { drawDay } from './draw-day.ts'
import { playPool } from './play-pool.ts'
import { lognormalMs, seededRandom } from './random.ts'
import { type Played, simulatePool, type Traffic } from './simulate-pool.ts'
import { burstTraffic, diurnalTraffic, steadyTraffic } from './traffics.ts'
import { watchDay } from './watch-day.ts'

const seed = 20_261_122
const missRate = 0.001
/** The article's cold starts: 2.9 s at the median, 4.9 s at p99. */
const boot = { kind: 'lognormal', medianMs: 2_900, p99Ms: 4_900 } as const
const replenishmentMs = boot.medianMs * Math.exp((Math.log(boot.p99Ms / boot.medianMs) / 2.3263478740408408) ** 2 / 2)
const minuteMs = 60_000

/** `pool`: the pool itself, on the emulator's engine and virtual clock. `model`: only what the target sees of one, for millions of claims. */
const runs: { name: string; engine: 'pool' | 'model'; traffic: Traffic }[] = [
  { name: 'steady, 1/s', engine: 'pool', traffic: steadyTraffic(1, 120 * minuteMs) },
  { name: 'steady, 10/s', engine: 'pool', traffic: steadyTraffic(10, 45 * minuteMs) },
  { name: 'steady, 100/s', engine: 'pool', traffic: steadyTraffic(100, 8 * minuteMs) },
  { name: 'bursts to 20/s', engine: 'pool', traffic: burstTraffic(4, 60 * minuteMs) },
  { name: 'day, up to 2/s', engine: 'pool', traffic: diurnalTraffic(2) },
  ...[1, 10, 100].map(rate => ({ name: `steady, ${rate}/s`, engine: 'model' as const, traffic: steadyTraffic(rate) })),
  ...[1, 4, 20].map(rate => ({
    name: `bursts to ${5 * rate}/s`,
    engine: 'model' as const,
    traffic: burstTraffic(rate),
  })),
  ...[1, 2, 10, 50, 100].map(rate => ({
    name: `day, up to ${rate}/s`,
    engine: 'model' as const,
    traffic: diurnalTraffic(rate),
  })),
]

const rows: Record<string, unknown>[] = []
for (const { name, engine, traffic } of runs) {
  const targets: Record<string, () => PoolTarget> = {
    optimum: () => clairvoyantTarget(traffic, replenishmentMs, missRate),
    adaptive: createAdaptive,
    'fixed 40': () => ({ sizeAt: () => 40 }),
  }
  let optimum: Played | undefined
  for (const [target, create] of Object.entries(targets)) {
    const played = engine === 'pool' ? await playPool(traffic, create(), { seed, boot }) : playModel(traffic, create())
    optimum ??= played
    const row = {
      traffic: name,
      engine,
      target,
      claims: played.claims,
      hitRatio: round(played.hits / played.claims, 6),
      warmSeconds: Math.round(played.warmSeconds),
      warmToOptimum: round(played.warmSeconds / optimum.warmSeconds, 3),
      heldSeconds: Math.round(played.heldSeconds),
      heldToOptimum: round(played.heldSeconds / optimum.heldSeconds, 3),
      retired: played.retired,
      largest: played.largest,
    }
    rows.push(row)
    process.stdout.write(
      `${name.padEnd(16)} ${engine.padEnd(6)} ${target.padEnd(9)} hits ${(100 * row.hitRatio).toFixed(3).padStart(7)} %  ` +
        `warm ${String(row.warmToOptimum).padStart(6)}  held ${String(row.heldToOptimum).padStart(6)} of the optimum\n`,
    )
  }
}

const sizes = [40, 47, 52].map(size => {
  const { claims, hits } = playModel(steadyTraffic(10, 2_000 * minuteMs), { sizeAt: () => size })
  return {
    size,
    claims,
    missRate: round(1 - hits / claims, 6),
    erlangB: round(erlangB(size, (10 * replenishmentMs) / 1000), 6),
  }
})

const folder = new URL('.', import.meta.url)
const setup = { seed, missRate, boot, replenishmentMs: Math.round(replenishmentMs), node: process.version }
const result = { date: new Date().toISOString().slice(0, 10), setup, rows, sizes }
await writeFile(fileURLToPath(new URL('pool-simulation-result.json', folder)), `${JSON.stringify(result, null, 2)}\n`)
const day = diurnalTraffic(10)
const sizesOverDay = watchDay(createAdaptive(), clairvoyantTarget(day, replenishmentMs, missRate), target =>
  playModel(day, target),
)
await writeFile(fileURLToPath(new URL('pool-simulation.svg', folder)), drawDay(sizesOverDay))

/** Bounds so high that they do not matter: the target alone decides. */
function createAdaptive() {
  return adaptiveTarget({ missRate, ceiling: 10_000, newSessionsPerSecond: 1_000, activeSessions: 10_000 })
}

function playModel(traffic: Traffic, target: PoolTarget): Played {
  const random = seededRandom(seed)
  return simulatePool(traffic, target, {
    random,
    replenishmentMs: () => lognormalMs(random, boot.medianMs, boot.p99Ms),
  })
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
