import type { Environment } from './environment.ts'
import { takePageLock } from './page-lock.ts'
import { type Held, parkMs, type SessionCore } from './session-core.ts'
import { type Hold, liveHold, never } from './state.ts'

/** What a page leaves for the next one, and the tab that holds the spare for the others: a ticket, and what is known of its session. */
interface KeptLease extends Pick<Hold, 'lease' | 'touchedAtMs'> {
  id: string
  ticket: string
  isSent: boolean
  /** When its page was left: the proxy stops it `parkMs` later. */
  leftAtMs?: number | undefined
}

/**
 * Keeps the lease in hand where others find it: a spare for all tabs of the browser, a conversation for the next page of
 * this tab alone. Finding it is not having it: a lock makes it one page's own, so that no copy of a tab, and no two tabs that
 * speak at once, ever share a session.
 */
export function createOwnedLease(core: SessionCore, environment: Environment, key: string, keepsOwn: boolean) {
  const locks = environment.locks()
  const nameOf = (id = '') => `${key} ${id}`
  const place = (isOwn?: boolean) => environment.storage(isOwn || !locks ? 'tab' : 'browser')
  let kept: ReturnType<typeof place>
  let free: (() => void) | undefined

  /** Makes the session this page's own. @returns whether it is: the first page that asks has it. */
  function own(held: Held): Promise<boolean> {
    async function take() {
      const nothing = () => {}
      const end = locks
        ? await takePageLock(locks, nameOf(held.id), { ifAvailable: true }).catch(() => nothing)
        : nothing
      if (!end) return false
      free?.()
      free = end
      held.isOwn = true
      return true
    }
    held.owned ??= take()
    return held.owned
  }

  /** Makes the session in hand this page's own, or gives it up. */
  async function ownOrGiveUp(held: Held) {
    if (!(await own(held)) && held === core.held) core.giveUp()
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

  /** @returns the lease that was kept for this tab, or for all of them, unless the clock says that its session is over. */
  function find(isOwn: boolean): (KeptLease & Held) | undefined {
    try {
      const found = JSON.parse(place(isOwn)?.getItem(key) ?? '') as KeptLease
      const { lease, touchedAtMs, leftAtMs } = found
      // JSON knows no infinity: of a conversation that no beat has told, the end is not known.
      lease.holdMs ??= never
      const parkedAtMs = leftAtMs ?? (locks ? never : 0)
      const endAtMs = Math.min(parkedAtMs + parkMs, touchedAtMs + lease.ttlMs, lease.atMs + lease.holdMs)
      // A beat that overtook the notice that the page was left would be undone by it.
      return environment.now() < endAtMs ? { ...found, askAtMs: (leftAtMs ?? 0) + 250 } : undefined
    } catch {
      // There is none, or somebody else wrote it.
    }
  }

  const remove = (isOwn: boolean) => place(isOwn)?.removeItem(key)

  function adopt(found: KeptLease & Held) {
    const { lease, touchedAtMs, isSent } = found
    const { beatMs, ttlMs, holdMs, atMs } = lease
    core.held = found
    const leftMs = atMs + holdMs - environment.now()
    core.dispatch({ type: 'lease-adopted', beatMs, ttlMs, holdMs: leftMs, touchedAtMs, isSent })
  }

  return {
    disown,
    isTaken,
    /** Settles when it is known whether the session that the page before has left can be taken up. */
    adopting: undefined as Promise<void> | undefined,

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
        const found: KeptLease = {
          id,
          ticket,
          lease,
          touchedAtMs,
          isSent: isSent || state.status === 'active',
          leftAtMs,
        }
        next?.setItem(key, JSON.stringify(found))
      } catch {
        // The storage is full: the next page opens a session of its own.
      }
    },

    /** Takes up what the page before has left. */
    takeUp(onTaken: () => void) {
      const found = keepsOwn && !this.adopting && core.state.status === 'idle' && !core.held.ticket && find(true)
      if (!found) return
      this.adopting = own(found).then(isMine => {
        this.adopting = undefined
        if (isMine && core.state.status === 'idle') adopt(found)
        else remove(true)
        onTaken()
      })
    },

    /** Holds on to the spare of a tab that is gone. @returns whether there is one. */
    async takeOver(canTake: () => boolean): Promise<boolean> {
      const found = find(false)
      if (!found) return false
      const held = (await locks?.query())?.held
      const isFree = !held?.some(({ name }) => name === nameOf(found.id))
      if (!isFree || !canTake()) return false
      adopt(found)
      return true
    },

    /** Makes the session in hand this page's own, or else the spare of another tab, if this one waits for its turn to hold it. */
    async claim(isWaiting: boolean) {
      const { held, state, pending } = core
      if (held.ticket) return ownOrGiveUp(held)
      const found = isWaiting && !pending && state.status !== 'warming' && find(false)
      if (!found || !(await own(found)) || held !== core.held) return
      remove(false)
      found.askAtMs = undefined
      adopt(found)
    },

    /** Back from the back/forward cache, or from being frozen. */
    async comeBack() {
      const { held } = core
      if (!held.isOwn) return core.giveUp()
      const found = find(true)
      // The page that was left after this one may have renewed it.
      if (found?.id === held.id) held.ticket = found?.ticket
      Object.assign(held, { isLeft: false, askAtMs: 0, owned: undefined })
      await ownOrGiveUp(held)
    },
  }
}
