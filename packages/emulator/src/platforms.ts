import type { platforms } from '@warm-agent/protocol/prices'
import { type Boot, z99 } from './boot.ts'

/** What AgentCore runs agents on: platform version 1 with a zip or with a container image, or version 2. */
export type PlatformName = (typeof platforms)[number]

/** What one platform is like. */
export interface Platform {
  /** Cold starts, without pre-warmed instances. */
  readonly boot: Boot
  /** Starts that a pre-warmed instance serves. */
  readonly preWarmedBoot: Boot
  /** Pre-warmed instances of every endpoint. */
  readonly preWarmed: number
  /** How long it takes to replace one pre-warmed instance that was used, in seconds. */
  readonly refillSeconds: number
  /** From the agent's start to its first healthy `/ping`; then 424 "Runtime initialization time exceeded". */
  readonly agentReadyTimeoutMs: number
  /** Whether VMs are copies of a snapshot that was taken after the first healthy `/ping`. */
  readonly isSnapshot: boolean
}

/** p75 of cold starts by the size of the image: agentcore-samples, 05-measure-your-runtime, September 2026. */
const p75MsOfImage = {
  'v1-container': [
    [200, 5370],
    [1000, 15_500],
    [2000, 29_700],
  ],
  v2: [
    [200, 1940],
    [1000, 2130],
    [2000, 2160],
  ],
} as const satisfies Record<string, readonly Point[]>

type Point = readonly [x: number, y: number]

/** p75 of cold starts of code (zip), same source. */
const p75MsOfCode = { 'v1-code': 2850, v2: 1960 }

/**
 * How far cold starts spread: p99 over p50 of the article's benchmark, 4.9 s over 2.9 s, which is the only published
 * pair for one agent. Log-normal, so p75 and the spread say all.
 */
const spread = 4.9 / 2.9

/** The 75 % quantile of the standard normal distribution. */
const z75 = 0.6744897501960817

/** Median of starts from pre-warmed instances: blait/AgentCoreWarmPool, September 2026. */
const preWarmedMedianMs = 379

/** What a container image weighs unless somebody says it: the smallest of the published ones, in MB. */
const smallImage = 200

/** @param imageMegabytes the image's size; absent: the smallest published one, and code on V2. */
export function platformOf(name: PlatformName, imageMegabytes?: number): Platform {
  const isV2 = name === 'v2'
  return {
    boot: lognormalOfP75(p75MsOf(name, imageMegabytes)),
    preWarmedBoot: lognormal(preWarmedMedianMs),
    preWarmed: name === 'v1-container' ? 10 : 0,
    // Test authors wait 150 s for ten of them.
    refillSeconds: 15,
    agentReadyTimeoutMs: isV2 ? 120_000 : 30_000,
    isSnapshot: isV2,
  }
}

function p75MsOf(name: PlatformName, imageMegabytes?: number): number {
  if (name === 'v1-code' || (name === 'v2' && imageMegabytes === undefined)) return p75MsOfCode[name]
  return onLine(p75MsOfImage[name], imageMegabytes ?? smallImage)
}

/** Between two published points, on the line from one to the other; beyond the last ones, on the same line. */
export function onLine(points: readonly Point[], x: number): number {
  const index = Math.min(points.findIndex(([next]) => x <= next) >>> 0, points.length - 1)
  const [x0, y0] = points[Math.max(0, index - 1)] as Point
  const [x1, y1] = points[Math.max(1, index)] as Point
  return y0 + ((x - x0) * (y1 - y0)) / (x1 - x0)
}

function lognormalOfP75(p75Ms: number): Boot {
  return lognormal(p75Ms / Math.exp((Math.log(spread) * z75) / z99))
}

function lognormal(medianMs: number): Boot {
  return { kind: 'lognormal', medianMs, p99Ms: medianMs * spread }
}
