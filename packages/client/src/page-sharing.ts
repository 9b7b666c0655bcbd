import type { Environment } from './environment.ts'
import { type KeptLease, readKept } from './kept-lease.ts'
import { type Held, parkMs, type SessionCore } from './session-core.ts'
import { liveHold } from './state.ts'

/**
 * Shares sessions among the pages of a browser.
 *
 * Keeps the lease in hand where others find it: a spare for all tabs of the browser, a conversation for the next page of
 * this tab alone. Finding it is not having it: a lock makes it one page's own, so that no copy of a tab, and no two tabs that
 * speak at once, ever share a session. Another lock is the turn to hold an unsent spare: one tab has it at a time, the others
 * wait in line. A page that closes, crashes or is discarded loses its locks by itself. Without Web Locks every tab has its own
 * spare.
 *
 * @param warm The turn has come, and there is no spare to hold on to.
 */
export function createPageSharing(
  core: SessionCore,
  environment: Environment,
  key: string,
  keepsOwn: boolean,
  canWarm: () => boolean,
  warm: (isOwn: boolean) => Promise<void>,
) {
  const locks = environment.locks()
  const nameOf = (id = '') => `${key} ${id}`
  const place = (isOwn?: boolean) => environment.storage(isOwn || !locks ? 'tab' : 'browser')
  let kept: ReturnType<typeof place>
  let free: (() => void) | undefined
  /** Whether this page wants a spare: it has the turn, or waits for it. */
  let line: AbortController | undefined
  /** Settles when it is known whether the turn was free, and what came of it if it was. */
  let known: Promise<unknown> | undefined

  /**
   * @returns what gives the lock back; nothing when another page has it, and `ifAvailable` was asked for. Rejects when
   * `signal` is aborted, and in a page without an origin of its own (a sandboxed frame), which may not share locks.
   */
  function takeLock(name: string, options: LockOptions = { ifAvailable: true }): Promise<(() => void) | undefined> {
    return new Promise((resolve, reject) => {
      const granted = (lock: Lock | null) => (lock ? new Promise<void>(end => resolve(end)) : resolve(undefined))
      locks ? locks.request(name, options, granted).catch(reject) : resolve(() => {})
    })
  }

  /** Makes the session this page's own. @returns whether it is: the first page that asks has it. */
  function own(held: Held): Promise<boolean> {
    async function take() {
      const end = await takeLock(nameOf(held.id)).catch(() => () => {})
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

  /** @returns the lease that was kept for this tab, or for all of them. */
  const find = (isOwn: boolean) => readKept(place(isOwn), key, !!locks, environment.now())

  const remove = (isOwn: boolean) => place(isOwn)?.removeItem(key)

  function adopt(found: KeptLease & Held) {
    const { lease, touchedAtMs, isSent = false } = found
    const { beatMs, ttlMs, holdMs, atMs } = lease
    core.held = found
    const leftMs = atMs + holdMs - environment.now()
    core.dispatch({ type: 'lease-adopted', beatMs, ttlMs, holdMs: leftMs, touchedAtMs, isSent })
  }

  /** Writes down what is in hand now, or that nothing is. */
  function keep(leftAtMs?: number) {
    const { held, state } = core
    if (held.isLeft) return
    const hold = liveHold(state)
    const { ticket, isOwn } = held
    held.id ??= ticket
    const next = hold && ticket && (keepsOwn || !isOwn) && !isTaken() ? place(isOwn) : undefined
    if (!ticket) disown()
    else if (isOwn) void own(held)
    try {
      if (kept !== next) kept?.removeItem(key)
      // What was left is not this page's to remove.
      kept = leftAtMs ? undefined : next
      next?.setItem(key, JSON.stringify({ ...hold, id: held.id, ticket, leftAtMs }))
    } catch {
      // The storage is full: the next page opens a session of its own.
    }
  }

  /** The turn has come. It is given away when `over` is aborted. */
  async function onTurn(isShared: boolean, over: AbortSignal) {
    const found = isShared && find(false)
    if (found) {
      const held = (await locks?.query())?.held
      if (over.aborted) return
      // Its tab is gone.
      if (!held?.some(({ name }) => name === nameOf(found.id)) && canWarm()) return adopt(found)
    }
    if (canWarm()) void warm(!isShared)
    else leaveTurn()
  }

  /** Gives the turn to the next tab, or waits for it no longer. */
  function leaveTurn() {
    line?.abort()
    line = undefined
  }

  return {
    leaveTurn,
    /** Settles when it is known whether the session that the page before has left can be taken up. */
    adopting: undefined as Promise<void> | undefined,

    /** Settles when it is known what there is. */
    async settled() {
      await this.adopting
      await known
    },

    /** Waits for the turn to hold a spare. */
    takeTurn() {
      if (line) return
      const mine = new AbortController()
      const { signal } = mine
      if (!locks) return void onTurn(false, signal)
      line = mine
      const name = `spare of ${key}`
      function granted(end = () => {}) {
        if (signal.aborted) return end()
        signal.onabort = end
        return onTurn(true, signal)
      }
      known = takeLock(name).then(
        end => {
          if (end) return granted(end)
          void takeLock(name, { signal }).then(granted, () => {})
        },
        () => onTurn(false, signal),
      )
    },

    keep,

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

    /** Makes the session in hand this page's own, or else the spare of another tab, if this one waits for its turn to hold it. */
    async claim() {
      const { held, state, pending } = core
      if (held.ticket) {
        await ownOrGiveUp(held)
        // It was left to the other tabs when this page was frozen: they see that it is taken.
        if (held.isLeft && held === core.held && find(false)?.id === held.id) remove(false)
        held.isLeft = false
        return
      }
      const found = line && !pending && state.status !== 'warming' && find(false)
      if (!found || !(await own(found)) || held !== core.held) return
      remove(false)
      found.askAtMs = undefined
      adopt(found)
    },

    /** The page is being left (closed, navigated away from, put into the back/forward cache), or frozen. */
    leave(isFreezing: boolean) {
      const { held } = core
      // A frozen page keeps its conversation: no copy of its tab may take it.
      if (held.isLeft || (isFreezing && held.isOwn)) return
      // A lock would keep other tabs waiting for a page in the back/forward cache.
      leaveTurn()
      // Also one that seems to be over: of a conversation that no beat has told, only the least is known.
      if (held.ticket) {
        keep(environment.now())
        held.isLeft = true
        // The proxy stops it soon, unless the page returns, or another one takes it up.
        void core.dispose(held.ticket, { afterMs: parkMs, keepalive: true })
      } else if (!held.isOwn) core.giveUp()
      disown()
    },

    /** The page may be back from the back/forward cache, or from being frozen: looks whether the session is still its own. */
    look(isVisible: boolean) {
      const { held } = core
      if (isVisible && held.isLeft) {
        if (held.isOwn) {
          const found = find(true)
          // The page that was left after this one may have renewed it.
          if (found?.id === held.id) held.ticket = found?.ticket
          Object.assign(held, { isLeft: false, askAtMs: 0, owned: undefined })
          void ownOrGiveUp(held)
        } else core.giveUp()
      }
      if (isTaken()) core.giveUp()
    },
  }
}
