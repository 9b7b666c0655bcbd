import type { Environment } from './environment.ts'
import { type KeptLease, readKept } from './kept-lease.ts'
import { type Held, parkMs, type SessionCore } from './session-core.ts'
import { liveHold } from './state.ts'
import type { WireHeaders } from './wire-headers.ts'

/**
 * Shares sessions among the pages of a browser.
 *
 * Keeps the lease in hand where others find it: a spare for all tabs of the browser, a conversation for the next page of
 * this tab alone. Finding it is not having it: a lock makes it one page's own, so that no copy of a tab, and no two tabs that
 * speak at once, ever share a session. Another lock is the turn to hold an unsent spare: one tab has it at a time, the others
 * wait in line. A page that closes, crashes or is discarded loses its locks by itself. Without Web Locks every tab has its own
 * spare.
 *
 * @param headers Those that a warm-up needs: one whose login token is still to come waits for it.
 * @param canWarm Whether a spare is wanted, and none is here.
 * @param warm The turn has come, and there is no spare to hold on to.
 */
export function createPageSharing(
  core: SessionCore,
  environment: Environment,
  headers: WireHeaders,
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
  /** Whether this page wants a spare: it waits for its login token or for the turn, or has that. */
  let line: AbortController | undefined
  /** Settles when it is known whether the turn was free, and what came of it if it was. */
  let known: Promise<unknown> | undefined
  /** Settles when it is known whether the session that the page before has left can be taken up. */
  let adopting: Promise<void> | undefined

  /**
   * @returns what gives the lock back; nothing when another page has it, and `ifAvailable` was asked for. A page without
   * an origin of its own (a sandboxed frame) may not share locks, and has them all.
   */
  function takeLock(name: string, options: LockOptions = { ifAvailable: true }): Promise<(() => void) | undefined> {
    return new Promise(resolve => {
      const all = () => resolve(() => {})
      // Its resolver is what ends a promise: that is what the taker gets, and the lock is held until it is called.
      const granted = (lock: Lock | null) => (lock ? new Promise<void>(resolve) : resolve(undefined))
      locks ? locks.request(name, options, granted).catch(all) : all()
    })
  }

  /** Makes the session this page's own. @returns whether it is: the first page that asks has it. */
  function own(held: Held): Promise<boolean> {
    async function take() {
      const end = await takeLock(nameOf(held.id))
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
    if (!/^warm/.test(state.status)) leaveTurn()
    if (held.isLeft) return
    const hold = liveHold(state)
    const { ticket, isOwn } = held
    held.id ??= ticket
    const next = hold && ticket && (keepsOwn || !isOwn) && !isTaken() ? place(isOwn) : undefined
    if (!ticket) free?.()
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

  const isFree = () => !adopting && canWarm()

  /** The turn has come. It is given away when `over` is aborted. */
  async function onTurn(over: AbortSignal) {
    const found = locks && find(false)
    const taken = found && (await locks.query()).held
    if (over.aborted) return
    if (!isFree()) leaveTurn()
    // Its tab is gone.
    else if (found && !taken?.some(({ name }) => name === nameOf(found.id))) adopt(found)
    else void warm(!locks)
  }

  /** Waits for the login token, however long, and for the turn to hold a spare. */
  async function takeTurn(signal: AbortSignal) {
    const token = headers.pending()
    if (token) await token
    const name = `spare of ${key}`
    async function granted(end = () => {}) {
      signal.onabort = end
      if (signal.aborted) end()
      else await onTurn(signal)
    }
    const end = locks ? await takeLock(name) : () => {}
    if (end) await granted(end)
    else void takeLock(name, { signal }).then(granted)
  }

  /** Gives the turn to the next tab, or waits for it no longer. */
  function leaveTurn() {
    line?.abort()
    line = undefined
  }
  return {
    /** Settles when it is known what there is. */
    async settled() {
      await adopting
      await known
    },

    /** Looks for a spare to hold: one that is left over, or a new one. */
    seek() {
      if (line || !isFree()) return
      line = new AbortController()
      known = takeTurn(line.signal)
    },

    keep,

    /** Takes up what the page before has left. @returns what settles when that is done, if there is anything to take up. */
    takeUp(onTaken: () => void) {
      const isIdle = () => core.state.status === 'idle'
      const found = keepsOwn && !adopting && isIdle() && !core.held.ticket && find(true)
      if (found) {
        adopting = own(found).then(isMine => {
          adopting = undefined
          if (isMine && isIdle()) adopt(found)
          else remove(true)
          onTaken()
        })
      }
      return adopting
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
      free?.()
    },

    /** The page may be back from the back/forward cache, or from being frozen: looks whether the session is still its own. */
    look(isVisible: boolean) {
      const { held } = core
      const isBack = isVisible && held.isLeft
      if (isBack && held.isOwn) {
        const found = find(true)
        // The page that was left after this one may have renewed it.
        if (found?.id === held.id) held.ticket = found?.ticket
        held.isLeft = false
        held.askAtMs = 0
        held.owned = undefined
        void ownOrGiveUp(held)
      } else if (isBack || isTaken()) core.giveUp()
    },
  }
}
