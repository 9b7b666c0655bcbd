import type { PoolEntry } from './pooled-session.ts'

/** What an id and a qualifier are made of: both travel in headers and URLs. */
const name = /^[\x21-\x7e]+$/

/** What lay in a store that others can write to. @returns `undefined` for what has not the shape of an entry. */
export function readEntry(found: unknown): PoolEntry | undefined {
  const entry = (found ?? {}) as Partial<PoolEntry>
  const { runtimeSessionId, qualifier, nonce, evidence, version } = entry
  const isSession =
    [runtimeSessionId, qualifier].every(each => typeof each === 'string' && name.test(each)) &&
    [entry.bornAtMs, entry.touchedAtMs, entry.beatAtMs, entry.retireAtMs, entry.missedBeats].every(Number.isFinite) &&
    (evidence === 'observed' || evidence === 'assumed') &&
    typeof version === 'string' &&
    (nonce === undefined || typeof nonce === 'string')
  return isSession ? (entry as PoolEntry) : undefined
}
