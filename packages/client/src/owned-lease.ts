import type { Held, SessionCore } from './session-core.ts'
import { type Hold, liveHold } from './state.ts'

/** What a page leaves for the next one, and the tab that holds the spare for the others: a ticket, and what is known of its session. */
export interface KeptLease extends Pick<Hold, 'lease' | 'touchedAtMs'> {
  id: string
  ticket: string
  isSent: boolean
  /** When its page was left: the proxy stops it `parkMs` later. */
  leftAtMs?: number | undefined
}

/**
 * Keeps the lease in hand where others find it: a spare for all tabs of the browser, a conversation for the next page of
 * this tab alone. Finding it is not having it: a lock makes it one page's own, so that no copy of a tab, and no two tabs that
 * speak at once, ever share a session. A page that closes, crashes or is discarded loses its lock by itself.
 */
export function createOwnedLease(core: SessionCore, key: string, parkMs: number, keepsOwn: boolean) {
  const { environment } = core
  const locks = environment.locks()
  const nameOf = (id = '') => `${key} ${id}`
  const place = (isOwn?: boolean) => environment.storage(isOwn || !locks ? 'tab' : 'browser')
  let kept: ReturnType<typeof place>
  let free: (() => void) | undefined

  /** @returns whether the session is this page's alone: the first page that asks has it. */
  function own(held: Pick<Held, 'id' | 'owned'>): Promise<boolean> {
    held.owned ??= new Promise<boolean>((resolve, reject) => {
      if (!locks) return resolve(true)
      const options: LockOptions = { ifAvailable: true }
      const granted = (lock: Lock | null) => {
        resolve(!!lock)
        if (!lock) return
        free?.()
        return new Promise<void>(end => {
          free = end
        })
      }
      locks.request(nameOf(held.id), options, granted).catch(reject)
      // A page without an origin of its own, in a sandboxed frame, may not share locks, and shares nothing else.
    }).catch(() => true)
    return held.owned
  }

  /** Lets another page own the session. */
  function disown() {
    free?.()
    free = undefined
  }

  /** Whether another tab has taken the spare that this one kept. */
  function isTaken() {
    return !core.held.isOwn && !!kept && !kept.getItem(key)
  }

  return {
    own,
    /** Whether no page owns the session now. */
    isFree: async (id: string) => !(await locks?.query())?.held?.some(({ name }) => name === nameOf(id)),
    disown,
    /** Writes down what is in hand now, or that nothing is. */
    keep(leftAtMs?: number) {
      const { held, state } = core
      if (held.isLeft) return
      const hold = liveHold(state)
      const { id = '', ticket, isOwn } = held
      const next = hold && ticket && (keepsOwn || !isOwn) && !isTaken() ? place(isOwn) : undefined
      if (!ticket) disown()
      else if (isOwn) void own(held)
      try {
        if (kept !== next) kept?.removeItem(key)
        // What was left is not this page's to remove.
        kept = leftAtMs ? undefined : next
        if (!hold || !ticket) return
        const { lease, touchedAtMs, isSent = false } = hold
        const found: KeptLease = { id, ticket, lease, touchedAtMs, isSent: isSent || state.status === 'active', leftAtMs }
        next?.setItem(key, JSON.stringify(found))
      } catch {
        // The storage is full: the next page opens a session of its own.
      }
    },
    isTaken,
    /** @returns the lease that was kept for this tab, or for all of them, unless the clock says that its session is over. */
    find(isOwn: boolean): KeptLease | undefined {
      try {
        const found = JSON.parse(place(isOwn)?.getItem(key) ?? '') as KeptLease
        const { lease, touchedAtMs, leftAtMs = locks ? Number.POSITIVE_INFINITY : 0 } = found
        // JSON knows no infinity: of a conversation that no beat has told, the end is not known.
        lease.holdMs ??= Number.POSITIVE_INFINITY
        const endAtMs = Math.min(leftAtMs + parkMs, touchedAtMs + lease.ttlMs, lease.atMs + lease.holdMs)
        return environment.now() < endAtMs ? found : undefined
      } catch {
        // There is none, or somebody else wrote it.
      }
    },
    remove: (isOwn: boolean) => place(isOwn)?.removeItem(key),
  }
}
