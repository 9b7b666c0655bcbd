import { sessionKey } from '../agent-runtime.ts'
import { forgetAt } from './ending.ts'
import type { LedgerEntry, SessionLedger } from './session-ledger.ts'

/**
 * A ledger in this process, for a proxy that is the only one. Its reaper stops what nobody holds; what it knew is lost
 * with the process, and then the platform's idle timeout ends the sessions.
 */
export function memoryLedger(): SessionLedger {
  const entries = new Map<string, { entry: LedgerEntry; forgetAt: number }>()

  /** @returns the entries that are not to be forgotten yet. */
  function live(nowMs: number): LedgerEntry[] {
    for (const [key, { forgetAt }] of entries) if (forgetAt <= nowMs) entries.delete(key)
    return [...entries.values()].map(({ entry }) => entry).filter(({ state }) => state !== 'ended')
  }

  return {
    read: async session => entries.get(sessionKey(session))?.entry,
    async write(entry) {
      const key = sessionKey(entry.session)
      const current = entries.get(key)?.entry
      if ((current?.version ?? 0) !== entry.version - 1) return { is: 'changed', current }
      entries.set(key, { entry, forgetAt: forgetAt(entry, Date.now()) })
      return { is: 'written' }
    },
    async due(nowMs, limit) {
      return live(nowMs)
        .filter(
          ({ heldUntil, reason, state }) => heldUntil <= nowMs && (state === 'ending' || reason !== 'conversation'),
        )
        .sort((one, other) => one.heldUntil - other.heldUntil)
        .slice(0, limit)
    },
    async *list() {
      yield* live(Date.now())
    },
    async lead() {
      return 1
    },
    async resign() {},
  }
}
