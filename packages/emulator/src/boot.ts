import { createHash } from 'node:crypto'

/**
 * How long the platform takes to provision a microVM, before the agent's own start.
 *
 * - `fixed`: always that long.
 * - `lognormal`: half of the boots take at most `medianMs`, 99 % at most `p99Ms`.
 */
export type Boot = { kind: 'fixed'; ms: number } | { kind: 'lognormal'; medianMs: number; p99Ms: number }

/** The 99 % quantile of the standard normal distribution. */
const z99 = 2.3263478740408408

/**
 * Reads `fixed:2000` or `lognormal:2900,4900`, in milliseconds.
 * @returns `undefined` when the text is neither.
 */
export function parseBoot(text: string): Boot | undefined {
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
  if (boot?.kind === 'fixed') return atLeast(0, boot.ms)
  return boot?.kind === 'lognormal' && atLeast(1, boot.medianMs) && atLeast(boot.medianMs, boot.p99Ms)
}

/** @returns a function that draws one boot after the other, in milliseconds; the same seed draws the same boots. */
export function bootSampler(boot: Boot, seed: number): () => number {
  if (boot.kind === 'fixed') return () => boot.ms
  const random = digests(seed)
  const sigma = Math.log(boot.p99Ms / boot.medianMs) / z99
  return () => boot.medianMs * Math.exp(sigma * standardNormal(random))
}

/** Box–Muller. `1 - random()` because the logarithm of 0 is not a boot. */
function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Even numbers in [0, 1), the same for the same seed: the digests of a counter. */
function digests(seed: number): () => number {
  let count = 0
  return () => createHash('sha256').update(`${seed}/${count++}`).digest().readUInt32BE() / 2 ** 32
}
