import type { PoolEntry } from './pooled-session.ts'

/** What an id is made of here, and must be: it travels in headers. */
const id = /^[\x21-\x7e]+$/

/**
 * What lay in a store that others can write to. It is taken as long as it can be called and counted with: what else a runtime
 * gives its sessions is its own.
 *
 * @returns `undefined` for what is no entry.
 */
export function readEntry(found: unknown): PoolEntry | undefined {
  const entry = (found ?? {}) as PoolEntry
  const { runtimeSessionId, qualifier, version, bornAtMs, touchedAtMs, beatAtMs, retireAtMs, missedBeats } = entry
  const isSession =
    [runtimeSessionId, qualifier, version].every(each => typeof each === 'string') &&
    id.test(runtimeSessionId) &&
    // JSON knows no infinity: a session that is never too old has `null`.
    [bornAtMs, touchedAtMs, beatAtMs, retireAtMs ?? 0, missedBeats].every(Number.isFinite)
  return isSession
    ? { ...entry, retireAtMs: retireAtMs ?? Number.POSITIVE_INFINITY, nonce: entry.nonce ?? undefined }
    : undefined
}
