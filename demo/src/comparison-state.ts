import { isUnfinished, type Turn } from './chat-state.ts'

/** One bar of the comparison. */
export interface Measure {
  /** How long the latest question waits, or waited, for its first token. Absent before the first one, and after a failure. */
  waitedMs?: number
  /** Whether it is waiting still, so that the bar grows. */
  isGrowing: boolean
}

/** @returns what the latest turn of a chat measures at this moment of the page's clock. */
export function measure(turn: Turn | undefined, nowMs: number): Measure {
  if (turn?.firstTokenMs !== undefined) return { waitedMs: turn.firstTokenMs, isGrowing: false }
  if (turn?.phase === 'waiting') return { waitedMs: Math.max(0, nowMs - turn.sentAtMs), isGrowing: true }
  return { isGrowing: false }
}

/** A full bar is never less than this, so that a short wait looks short. */
const leastFullScaleMs = 4000

/** @returns the wait that fills a bar. */
export function fullScaleMs(measures: readonly Measure[]): number {
  return Math.max(leastFullScaleMs, ...measures.map(({ waitedMs }) => waitedMs ?? 0))
}

export interface Verdict {
  /** Large. Absent while there is nothing to say in a number. */
  ratio?: string
  text: string
}

/** @returns what the comparison says, in words that claim no more than was measured. */
export function toVerdict(cold: Turn | undefined, warm: Turn | undefined): Verdict {
  if (!cold || !warm) return { text: 'Ask once: both chats get the same question.' }
  if (cold.firstTokenMs === undefined || warm.firstTokenMs === undefined) {
    return {
      text:
        isUnfinished(cold) || isUnfinished(warm) ? 'Waiting for the first token…' : 'No comparison: an answer failed.',
    }
  }
  const ratio = cold.firstTokenMs / Math.max(1, warm.firstTokenMs)
  if (ratio >= 1.3) return { ratio: `${formatRatio(ratio)}×`, text: 'sooner when pre-warmed' }
  if (cold.outcome === 'warm') return { text: 'Both agents are running now. The first message made the difference.' }
  if (warm.outcome === 'joined') return { text: 'Asked before the warm-up ended: the message joined it.' }
  return { text: 'No difference this time.' }
}

/** `2900` → `2.90 s`, `45200` → `45.2 s`, with a space that does not break. */
export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)}\u00a0s`
}

function formatRatio(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(1) : String(Math.round(ratio))
}
