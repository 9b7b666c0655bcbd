import type { PoolTarget } from '@warm-agent/pool'
import type { SizeAt } from './draw-day.ts'

const everyMs = 120_000

/** Looks over the shoulder of a pool that goes by `adaptive`: what it and the optimum want, every two minutes. */
export function watchDay(adaptive: PoolTarget, optimum: PoolTarget, play: (target: PoolTarget) => void): SizeAt[] {
  const seen: SizeAt[] = []
  play({
    ...adaptive,
    sizeAt(nowMs) {
      const size = adaptive.sizeAt(nowMs)
      if (nowMs >= seen.length * everyMs) {
        seen.push({ hour: nowMs / 3_600_000, adaptive: size, optimum: optimum.sizeAt(nowMs) })
      }
      return size
    },
  })
  return seen
}
