import type { ProxyEvent } from '@warm-agent/proxy'
import { createStats, decideVerdict, type Interval, type Verdict } from '@warm-agent/proxy/stats'
import { expect, test } from 'vitest'
import { differenceOfMeans } from '../src/stats/difference.ts'

const saved = (estimate: number, low = estimate, high = estimate) => ({ meanSavedMs: { estimate, low, high } })

const facts = {
  firstMessages: 100,
  compared: 60,
  savedMs: { p50: 2_700, p95: 4_000 },
  ...saved(2_500, 2_000, 4_000),
  dollarsPerMessage: 0.0025,
  mostDollarsPerSecond: 0.01,
  isWhole: true,
  poolShareOfDollars: 0,
  used: 60,
  unused: 40,
  unusedShareOfDollars: 0.7,
  leadP95Ms: 60_000,
  unusedHeldP50Ms: 90_000,
}

test.each([
  ['keep', {}, /2\.50 s sooner \(between 2\.00 s sooner and 4\.00 s sooner in 95 of 100 cases\), at \$0\.00100 for a/],
  ['wait', { firstMessages: 3 }, /3 first messages/],
  ['wait', { firstMessages: 19 }, /19 first messages of at least 20/],
  ['keep', { firstMessages: 20 }, /sooner/],
  ['wait', { savedMs: null, meanSavedMs: null }, /too little to compare 100 first messages with/],
  ['wait', { meanSavedMs: null }, /too little to compare/],
  ['keep', { ...saved(300, 200, 400), dollarsPerMessage: 0.001 }, /0\.30 s sooner/],
  ['wait', saved(300, 199, 400), /too little has been seen to tell whether users notice/],
  ['wait', saved(100, -50, 200), /between 0\.05 s later and 0\.20 s sooner.*too little has been seen/],
  ['switch-off', saved(100, -50, 199), /nothing is saved that users notice/],
  ['switch-off', saved(-900, -1_000, -800), /0\.90 s later.*nothing is saved that users notice/],
  ['wait', { ...saved(100, -50, 199), compared: 59 }, /of 59 starts a slow one may be missing/],
  ['keep', { savedMs: { p50: -200, p95: 4_000 } }, /sooner/],
  ['wait', { savedMs: { p50: -201, p95: 9_000 } }, /but 0\.20 s later at the median/],
  ['keep', { used: 20, unused: 80 }, /sooner/],
  ['keep', { used: 0, unused: 0 }, /sooner/],
  ['go-to-intent', { used: 19, unused: 81 }, /19 %/],
  ['go-to-intent', { used: 10, unused: 90 }, /10 %.*intent/],
  ['keep', { unusedHeldP50Ms: 120_000 }, /sooner/],
  ['shorten-hold', { unusedHeldP50Ms: 120_001 }, /no longer than 120 s/],
  ['shorten-hold', { unusedHeldP50Ms: 900_000 }, /within 60 s.*held for 900 s/],
  ['keep', { unusedHeldP50Ms: 900_000, unusedShareOfDollars: 0.5 }, /sooner/],
  ['keep', { dollarsPerMessage: 0.02 }, /\$0\.00800 for a second/],
  ['wait', { dollarsPerMessage: 0.021 }, /costs \$0\.00525 to \$0\.01050: too little.*more than \$0\.01/],
  ['wait', { dollarsPerMessage: 0.04 }, /costs \$0\.01000 to/],
  ['switch-off', { dollarsPerMessage: 0.041 }, /costs \$0\.01640, more than the \$0\.01 that it may\.$/],
  ['switch-off', { dollarsPerMessage: 0.041, poolShareOfDollars: 0.5 }, /that it may\.$/],
  ['switch-off', { dollarsPerMessage: 0.041, poolShareOfDollars: 0.51 }, /waits in the pool: try a smaller one/],
  ['wait', { isWhole: false }, /what that costs is not known/],
  ['switch-off', { isWhole: false, dollarsPerMessage: 0.041 }, /costs \$0\.01025 or more/],
] as const)('the verdict is "%s" for %j', (advice, change, reason) => {
  const verdict = decideVerdict({ ...facts, ...change })
  expect(verdict.advice).toBe(advice)
  expect(verdict.reason).toMatch(reason)
})

/** mulberry32 (Tommy Ettinger, public domain): the same numbers in each run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = seeded(4)
/** Log-normal, as times to boot are. */
function drawTime({ median, p99 }: { median: number; p99: number }): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return median * Math.exp((normal * Math.log(p99 / median)) / 2.326)
}

const v2 = () => drawTime({ median: 2_900, p99: 4_900 })
const bigImage = () => drawTime({ median: 13_300, p99: 22_500 })
/** Six of ten are started by the platform ahead of need. */
const twoHumps = () => (random() < 0.6 ? drawTime({ median: 380, p99: 640 }) : bigImage())

/** What a site of so many first messages is told, when warming takes so much off each start. */
function verdictOf(boot: () => number, savedOf: (bootMs: number) => number, warmed: number, heldOut: number) {
  const { onEvent, report } = createStats()
  const tell = (sessionTag: string, atMs: number, event: object) =>
    onEvent({ agent: 'default', qualifier: 'DEFAULT', sessionTag, atMs, ...event } as ProxyEvent)
  const answer = (tag: string, agentMs: number, found: object) =>
    tell(tag, agentMs, { type: 'message-answered', joinMs: 0, agentMs, ...found })
  for (let visit = 0; visit < heldOut; visit++) {
    answer(`held-${visit}`, boot() + 100, { outcome: 'cold', isHeldOut: true })
  }
  for (let visit = 0; visit < warmed; visit++) {
    const bootMs = boot()
    tell(`warm-${visit}`, 0, { type: 'warm-started' })
    answer(`warm-${visit}`, bootMs - savedOf(bootMs) + 100, { outcome: 'joined' })
  }
  return report()
}

const sizes = [
  [20, 20],
  [40, 40],
  [380, 20],
  [1_140, 60],
  [1_900, 100],
] as const
const reports = 100

/** In how many of a hundred reports the advice is this. */
function shareOf(advice: Verdict['advice'], ...story: Parameters<typeof verdictOf>): number {
  let count = 0
  for (let round = 0; round < reports; round++) if (verdictOf(...story).verdict.advice === advice) count += 1
  return count / reports
}

test.each([
  ['V2', v2],
  ['a big image', bigImage],
  ['a V1 container', twoHumps],
])(
  'chance makes no verdict: on %s "keep" is rare where 30 ms are saved, and "switch-off" where seconds are',
  (_, boot) => {
    for (const [warmed, heldOut] of sizes) {
      const size = `${warmed} against ${heldOut}`
      expect(
        shareOf('keep', boot, () => 30, warmed, heldOut),
        `keep, ${size}`,
      ).toBeLessThanOrEqual(0.05)
      const off = shareOf('switch-off', boot, bootMs => Math.min(bootMs, 2_000), warmed, heldOut)
      expect(off, `switch-off, ${size}`).toBeLessThanOrEqual(0.05)
    }
  },
)

test('two seconds saved are found soon, and so is that nothing is', () => {
  expect(shareOf('keep', v2, () => 2_000, 40, 40)).toBeGreaterThan(0.95)
  expect(shareOf('keep', v2, () => 2_000, 760, 40)).toBeGreaterThan(0.95)
  expect(shareOf('keep', bigImage, () => 2_000, 1_140, 60)).toBeGreaterThan(0.9)
  expect(shareOf('switch-off', v2, () => 0, 5_700, 300)).toBeGreaterThan(0.9)
})

test('of few samples the interval is as wide as Student says: 2.093 standard errors at 19 degrees of freedom', () => {
  const more = Array.from({ length: 20 }, (_, index) => 1_000 + (index % 2 ? 100 : -100))
  const { estimate, low } = differenceOfMeans(more, new Array(20).fill(0)) as Interval
  expect((estimate - low) / Math.sqrt(10_000 / 19)).toBeCloseTo(2.093, 2)
})

test('the interval holds the true mean in 95 of 100 reports', () => {
  let held = 0
  for (let round = 0; round < 400; round++) {
    const { low, high } = verdictOf(v2, () => 1_000, 380, 40).meanSavedMs as Interval
    if (low <= 1_000 && 1_000 <= high) held += 1
  }
  expect(held / 400).toBeGreaterThan(0.92)
  expect(held / 400).toBeLessThan(0.98)
})
