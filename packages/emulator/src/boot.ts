import { readFileSync } from 'node:fs'
import { createRandom } from './random.ts'

/**
 * How long the platform takes to provision a microVM, before the agent's own start.
 *
 * - `fixed`: always that long.
 * - `lognormal`: half of the boots take at most `medianMs`, 99 % at most `p99Ms`.
 * - `samples`: as somebody measured them, in any order; each boot is one of them, drawn at random.
 * - `file`: the same from a file: milliseconds, separated by white space or commas.
 */
export type Boot =
  | { kind: 'fixed'; ms: number }
  | { kind: 'lognormal'; medianMs: number; p99Ms: number }
  | { kind: 'samples'; ms: readonly number[] }
  | { kind: 'file'; path: string }

/** The 99 % quantile of the standard normal distribution. */
export const z99 = 2.3263478740408408

/**
 * Reads `fixed:2000` or `lognormal:2900,4900`, in milliseconds, or `file:boots.txt`. The file itself is not looked at yet.
 * @returns `undefined` when the text is none of these.
 */
export function parseBoot(text: string): Boot | undefined {
  if (text.startsWith('file:') && text.length > 5) return { kind: 'file', path: text.slice(5) }
  const [, kind, first, second] = /^(fixed|lognormal):(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?$/.exec(text) ?? []
  if (kind === undefined || (kind === 'lognormal') !== (second !== undefined)) return undefined
  const boot: Boot =
    kind === 'fixed'
      ? { kind, ms: Number(first) }
      : { kind: 'lognormal', medianMs: Number(first), p99Ms: Number(second) }
  return isBoot(boot) ? boot : undefined
}

export function isBoot(value: unknown): value is Boot {
  const boot = value as Partial<Record<string, unknown>> | null
  const atLeast = (floor: number, ms: unknown): ms is number => Number.isFinite(ms) && (ms as number) >= floor
  switch (boot?.kind) {
    case 'fixed':
      return atLeast(0, boot.ms)
    case 'lognormal':
      return atLeast(1, boot.medianMs) && atLeast(boot.medianMs, boot.p99Ms)
    case 'samples':
      return Array.isArray(boot.ms) && boot.ms.length > 0 && boot.ms.every(ms => atLeast(0, ms))
    case 'file':
      return typeof boot.path === 'string' && boot.path !== ''
    default:
      return false
  }
}

/**
 * @returns a function that draws one boot after the other, in milliseconds; the same seed draws the same boots.
 * @throws Error when a file cannot be read, or holds anything but milliseconds.
 */
export function bootSampler(boot: Boot, seed: number | string): () => number {
  switch (boot.kind) {
    case 'fixed':
      return () => boot.ms
    case 'lognormal': {
      const random = createRandom(seed)
      const sigma = Math.log(boot.p99Ms / boot.medianMs) / z99
      return () => boot.medianMs * Math.exp(sigma * standardNormal(random))
    }
    case 'samples': {
      const random = createRandom(seed)
      return () => boot.ms[Math.floor(random() * boot.ms.length)] as number
    }
    case 'file':
      return bootSampler({ kind: 'samples', ms: readSamples(boot.path) }, seed)
    default:
      return boot satisfies never
  }
}

function readSamples(path: string): number[] {
  const words = readFileSync(path, 'utf8').split(/[\s,]+/)
  const samples = words.filter(word => word !== '').map(Number)
  if (isBoot({ kind: 'samples', ms: samples })) return samples
  throw new Error('it holds something else than milliseconds, or nothing')
}

/** Box–Muller. `1 - random()` because the logarithm of 0 is not a boot. */
function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
