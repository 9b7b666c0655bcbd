import type { LedgerEntry } from './session-ledger.ts'

/**
 * Who may end a session: anybody at any time; anybody once it is due; or only the instance that touched it last, unless
 * another one passes on an answer.
 */
export type EndCondition = 'always' | 'due' | { holder: string }

/**
 * @param endingMs How long the ending may take before somebody else takes it over.
 * @returns the entry of a session whose ending is taken on, or that has ended by itself; or why there is nothing to write:
 *   it is `held`, or `ended` already.
 */
export function endingEntry(
  current: LedgerEntry,
  condition: EndCondition,
  nowMs: number,
  endingMs: number,
): LedgerEntry | 'held' | 'ended' {
  const { state, heldUntil, endsAt } = current
  // The platform has ended it by now: a stop that failed is not tried again, and nobody finds it due.
  if (state === 'ending' && endsAt <= nowMs) return endedEntry(current)
  if (state === 'ended' || (state === 'ending' && heldUntil > nowMs)) return 'ended'
  if (state === 'held' && !mayEnd(current, condition, nowMs)) return 'held'
  return { ...current, version: current.version + 1, state: 'ending', heldUntil: nowMs + endingMs }
}

function mayEnd(current: LedgerEntry, condition: EndCondition, nowMs: number): boolean {
  if (condition === 'always') return true
  if (condition === 'due') return current.heldUntil <= nowMs && current.reason !== 'conversation'
  const answersElsewhere = Object.entries(current.answering ?? {}).some(
    ([holder, untilMs]) => holder !== condition.holder && untilMs > nowMs,
  )
  return condition.holder === current.holder && !answersElsewhere
}

/** @returns the entry of a session that has been stopped. */
export function endedEntry(current: LedgerEntry): LedgerEntry {
  return { ...current, version: current.version + 1, state: 'ended' }
}

/** A stop that failed is made again so much later, in milliseconds. */
const stopAgainMs = 5_000

/** @returns the entry of a session that could not be stopped, or `undefined` when nobody is ending it any more. */
export function unstoppedEntry(current: LedgerEntry, nowMs: number): LedgerEntry | undefined {
  if (current.state !== 'ending') return undefined
  return { ...current, version: current.version + 1, heldUntil: nowMs + stopAgainMs }
}

/** How long a session is remembered past its end, in milliseconds: somebody may just be looking at it. */
const rememberMs = 60_000

/** When the entry may be forgotten: its tickets have expired by then. */
export function forgetAt({ endsAt, heldUntil }: LedgerEntry, nowMs: number): number {
  return Math.max(endsAt, heldUntil, nowMs) + rememberMs
}
