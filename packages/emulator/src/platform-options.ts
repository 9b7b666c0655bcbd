import { platforms, quotasOf } from '@warm-agent/protocol/prices'
import { type Boot, bootSampler, isBoot } from './boot.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Emit } from './events.ts'
import type { Limits } from './lifecycle.ts'
import { aFunction, atLeastZero, integer, oneOf, positive, type Rule, type Rules, refuse } from './option-rules.ts'
import { type Platform, type PlatformName, platformOf } from './platforms.ts'
import { type Prices, pricesOf } from './prices.ts'
import type { QuotaLimits } from './quotas.ts'
import type { OpenQuestions } from './sessions.ts'

/** How the platform behaves; the same for an emulator and for a simulation. */
export interface PlatformOptions {
  /**
   * What agents run on. With a platform, boots, pre-warmed instances and quotas are AWS's unless they are given.
   * Without one, VMs start at once, nothing is counted against a quota, and timeouts and prices are those of `v1-code`.
   * @default none
   */
  platform?: PlatformName | undefined
  /** The size of the container image, for `v1-container` and `v2`. MB, above 0. @default 200; on `v2` code instead of an image */
  imageMegabytes?: number | undefined
  /** The time that the platform takes to provision a microVM, on top of the agent's own start. @default the platform's; without one { kind: 'fixed', ms: 0 } */
  boot?: Boot | undefined
  /** Pre-warmed instances of every endpoint. An integer. @default 10 on `v1-container`, else 0 */
  preWarmed?: number | undefined
  /** How long it takes to replace one pre-warmed instance. Seconds, above 0. @default 15 */
  refillSeconds?: number | undefined
  /**
   * A session ends this long after the start or end of its last call. Seconds, above 0 (the platform: from 60) up to
   * 28800, at most `maxLifetimeSeconds`. @default 900, or `maxLifetimeSeconds` when that is less
   */
  idleSeconds?: number | undefined
  /** A session ends this long after its creation, whatever happens. Seconds, above 0 up to 28800. @default 28800 */
  maxLifetimeSeconds?: number | undefined
  /** How long the teardown of a VM takes at least; until then its session answers 409. Milliseconds, up to 15000 as on AWS. @default 0 */
  teardownMs?: number | undefined
  /**
   * The platform gives an agent up that is not ready after this time, counted from its start: what the platform itself
   * takes is not counted, for it takes up to 30 s at p75. Milliseconds. @default 30000, on `v2` 120000 (AgentCore developer guide)
   */
  agentReadyTimeoutMs?: number | undefined
  /** How often `/ping` of a ready agent is polled. Milliseconds, `Infinity` for never. @default 2000 */
  pingEveryMs?: number | undefined
  /** New sessions a second; more are answered with 429. Above 0, `Infinity` for no limit. @default 25 with a platform, else Infinity */
  newSessionsPerSecond?: number | undefined
  /** Calls of the data plane a second; more are answered with 429. Above 0, `Infinity` for no limit. @default 1000 with a platform, else Infinity */
  callsPerSecond?: number | undefined
  /** Sessions that have not ended, idle ones included; one more is answered with 402. Above 0, `Infinity` for no limit. @default 5000 or, outside us-east-1 and us-west-2, 2500 with a platform, else Infinity */
  activeSessions?: number | undefined
  /** What the books count in dollars. @default the platform's prices of September 2026 */
  prices?: Partial<Prices> | undefined
  /**
   * How long 409 is answered to what comes while a session is provisioned or torn down; what comes later waits for the end
   * of that. 0: nothing is refused. Nobody knows what AWS does. Milliseconds. @default Infinity
   */
  conflictMs?: number | undefined
  /** Whether a VM stays when the client that started it leaves before it is ready. Nobody knows what AWS does. @default 'finish' */
  abortedProvisioning?: OpenQuestions['abortedProvisioning'] | undefined
  /** Whether two endpoints give one session id two VMs, or the same one. Nobody knows what AWS does. @default 'id-and-qualifier' */
  sessionScope?: OpenQuestions['sessionScope'] | undefined
  /** The same seed draws the same boots. An integer from 0 to 4294967295. @default a random one */
  seed?: number | undefined
  /** Hears of everything that happens. @default nobody */
  onEvent?: Emit | undefined
  /** The platform's time: boots and deadlines go by it. @default the wall clock */
  clock?: Clock | undefined
}

export interface PlatformSettings extends Platform, QuotaLimits, OpenQuestions {
  limits: Limits
  teardownMs: number
  pingEveryMs: number
  prices: Prices
  seed: number
  onEvent: Emit | undefined
  clock: Clock
}

/** AgentCore developer guide, runtime lifecycle settings. */
const longestSeconds = 28_800

/** Same guide: a teardown takes up to 15 s. */
const longestTeardownMs = 15_000

const seconds: Rule = [positive(longestSeconds), `Give a number above 0 and up to ${longestSeconds}`]
const rate: Rule = [positive(Number.POSITIVE_INFINITY), 'Give a number above 0, or Infinity for no limit']

export const platformRules: Rules<PlatformOptions> = {
  platform: oneOf(...platforms),
  imageMegabytes: [positive(Number.MAX_VALUE), 'Give the size of the image in MB'],
  boot: [
    isBoot,
    'Give { kind: "fixed", ms }, { kind: "lognormal", medianMs, p99Ms } with medianMs from 1 to p99Ms, { kind: "samples", ms: […] } or { kind: "file", path }',
  ],
  preWarmed: [integer(10_000), 'Give an integer from 0 to 10000'],
  refillSeconds: [positive(Number.MAX_VALUE), 'Give a positive number of seconds'],
  idleSeconds: seconds,
  maxLifetimeSeconds: seconds,
  teardownMs: [atLeastZero(longestTeardownMs), `Give a number of milliseconds from 0 to ${longestTeardownMs}`],
  agentReadyTimeoutMs: [positive(2 ** 31 - 1), 'Give a positive number of milliseconds'],
  pingEveryMs: [positive(Number.POSITIVE_INFINITY), 'Give a positive number of milliseconds, or Infinity for never'],
  newSessionsPerSecond: rate,
  callsPerSecond: rate,
  activeSessions: rate,
  prices: [isPrices, 'Give any of vcpuHour, gbHour, memoryGb and bootVcpuSeconds, from 0'],
  conflictMs: [atLeastZero(Number.POSITIVE_INFINITY), 'Give a number of milliseconds from 0, or Infinity'],
  abortedProvisioning: oneOf('finish', 'cancel'),
  sessionScope: oneOf('id-and-qualifier', 'id'),
  seed: [integer(2 ** 32 - 1), 'Give an integer from 0 to 4294967295'],
  onEvent: aFunction,
  clock: [
    value => typeof (value as Clock | null)?.now === 'function',
    'Give an object with now, setTimeout and clearTimeout',
  ],
}

/** Fills in what is absent, after the rules were checked. @param region of the runtime: quotas differ. */
export function readPlatform(options: PlatformOptions, region: string): PlatformSettings {
  const { platform, maxLifetimeSeconds = longestSeconds, imageMegabytes } = options
  const { idleSeconds = Math.min(900, maxLifetimeSeconds) } = options
  if (idleSeconds > maxLifetimeSeconds) {
    refuse('idleSeconds', idleSeconds, `Give at most maxLifetimeSeconds, which is ${maxLifetimeSeconds}`)
  }
  const model = platformOf(platform ?? 'v1-code', imageMegabytes)
  const quotas: QuotaLimits = platform ? quotasOf(region) : unlimited
  const boot = options.boot ?? (platform ? model.boot : { kind: 'fixed', ms: 0 })
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32)
  return {
    ...model,
    boot: checkBoot(boot, seed),
    preWarmed: options.preWarmed ?? model.preWarmed,
    refillSeconds: options.refillSeconds ?? model.refillSeconds,
    agentReadyTimeoutMs: options.agentReadyTimeoutMs ?? model.agentReadyTimeoutMs,
    limits: { idleMs: idleSeconds * 1_000, maxLifetimeMs: maxLifetimeSeconds * 1_000 },
    teardownMs: options.teardownMs ?? 0,
    pingEveryMs: options.pingEveryMs ?? 2_000,
    newSessionsPerSecond: options.newSessionsPerSecond ?? quotas.newSessionsPerSecond,
    callsPerSecond: options.callsPerSecond ?? quotas.callsPerSecond,
    activeSessions: options.activeSessions ?? quotas.activeSessions,
    prices: { ...pricesOf(platform ?? 'v1-code', imageMegabytes), ...options.prices },
    conflictMs: options.conflictMs ?? Number.POSITIVE_INFINITY,
    abortedProvisioning: options.abortedProvisioning ?? 'finish',
    sessionScope: options.sessionScope ?? 'id-and-qualifier',
    seed,
    onEvent: options.onEvent,
    clock: options.clock ?? systemClock,
  }
}

const unlimited: QuotaLimits = {
  newSessionsPerSecond: Number.POSITIVE_INFINITY,
  callsPerSecond: Number.POSITIVE_INFINITY,
  activeSessions: Number.POSITIVE_INFINITY,
}

/** A file is looked at now, not when the first session starts. */
function checkBoot(boot: Boot, seed: number): Boot {
  try {
    bootSampler(boot, seed)
    return boot
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return refuse('boot', boot, `Give a file of milliseconds: this one could not be read (${why})`, error)
  }
}

function isPrices(value: unknown): boolean {
  const known = ['vcpuHour', 'gbHour', 'memoryGb', 'bootVcpuSeconds']
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, part]) => known.includes(name) && atLeastZero(Number.MAX_VALUE)(part))
}
