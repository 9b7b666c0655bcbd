import { tellListener } from '@warm-agent/proxy/runtime-kit'
import type { PoolTarget } from '../pool-target.ts'

/**
 * The target, but one that throws disturbs nothing: claims go on, and so does the care of what waits. What it said last counts
 * then, and 0 before.
 */
export function guardTarget(target: PoolTarget, onFailed: (cause: unknown) => void): Required<PoolTarget> {
  let lastSize = 0
  const tell = (about: () => unknown) => void tellListener('the target', about)

  return {
    sizeAt(nowMs) {
      try {
        lastSize = target.sizeAt(nowMs)
      } catch (cause) {
        onFailed(cause)
      }
      return lastSize
    },
    noteArrival: atMs => tell(() => target.noteArrival?.(atMs)),
    noteTakeover: (held, atMs) => tell(() => target.noteTakeover?.(held, atMs)),
    noteReplenishment: tookMs => tell(() => target.noteReplenishment?.(tookMs)),
  }
}
