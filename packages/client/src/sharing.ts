import type { Environment } from './environment.ts'
import { adopt, giveUp, type Hand, isWarming, park } from './hand.ts'
import type { Held } from './held.ts'
import { askAfterLeaveMs } from './kept-lease.ts'
import { createOwnership } from './ownership.ts'
import { type Hold, isTooSoon, liveHold } from './state.ts'
import { takeTurn } from './take-turn.ts'
import type { WireHeaders } from './wire-headers.ts'

/**
 * Shares what is held with the other pages of the browser.
 *
 * The lease in hand is kept where other pages find it: a spare for all tabs of the browser, a conversation for the next page
 * of this tab alone. Finding it is not having it (`ownership.ts`): no copy of a tab, and no two tabs that speak at once, ever
 * share a session. A lock is the turn to hold an unsent spare: one tab has it at a time, the others wait in line. Without Web
 * Locks every tab has its own spare.
 *
 * @param key What others know the agent's session by.
 * @param keepsOwn Whether the next page of this tab may take up a conversation.
 * @param headers Those that a warm-up needs: one whose login token is still to come waits for it.
 * @param mayWarm Whether somebody is here for whom to warm up.
 * @param onFree A spare is wanted, and none is here: it may be warmed up when the time for that comes.
 */
export function createSharing(
  hand: Hand,
  environment: Environment,
  key: string,
  keepsOwn: boolean,
  headers: WireHeaders,
  mayWarm: () => boolean,
  onFree: () => void,
) {
  const { locks, place, find, remove, own, release, isOwned, stopWaiting } = createOwnership(hand, environment, key)
  /** Where the lease in hand is written down. */
  let kept: ReturnType<typeof place>
  /** Whether this page wants a spare: it waits for its login token or for the turn, or has that. */
  let line: AbortController | undefined
  /** Settles when it is known whether the turn was free, and what came of it if it was. */
  let known: Promise<unknown> | undefined
  /** Settles when it is known whether the session that the page before has left can be taken up. */
  let adopting: Promise<void> | undefined

  /** Goes on with a conversation after its page was left: another page may have had it meanwhile. */
  async function resume(mine: Held) {
    const found = find(true)
    mine.retryAtMs ??= environment.now() + askAfterLeaveMs
    // The page that was left after this one may have renewed it, and touched it last.
    if (found?.id === mine.id) adopt(hand, Object.assign(mine, found))
    await ownOrGiveUp(mine, true)
    if (hand.isLeft) return
    mine.isLeft = false
    keep()
    hand.wake()
    offer()
  }

  /** Makes the session in hand this page's own, or gives it up. @returns whether it is. */
  async function ownOrGiveUp(mine: Held, isBack?: boolean) {
    const isMine = await own(mine, isBack)
    if (!isMine && mine === hand.held && !hand.isLeft) giveUp(hand)
    return isMine
  }

  /**
   * Gives up the spare that this tab keeps if another one has taken it. What is written down does not tell: it may have been
   * written here while it was removed there.
   */
  async function check() {
    const mine = hand.held
    if (kept && (await isOwned(mine.id)) && mine === hand.held && !mine.owned && !mine.isOwn) {
      giveUp(hand)
      offer()
    }
  }

  /** Writes down what is in hand now, or that nothing is. */
  function keep(leftAtMs?: number) {
    const hold = liveHold(hand.state)
    if (hold?.isSent || !/^warm/.test(hand.state.status)) leaveTurn()
    const mine = hand.held
    if (mine.isLeft) return
    const { ticket, isOwn } = mine
    mine.id ??= ticket
    const next = hold && ticket && (keepsOwn || !isOwn) ? place(isOwn) : undefined
    if (!ticket) release(mine)
    else if (isOwn) void own(mine)
    try {
      if (kept !== next) kept?.removeItem(key)
      // What was left is not this page's to remove.
      kept = undefined
      next?.setItem(key, JSON.stringify({ ...hold, id: mine.id, ticket, leftAtMs }))
      kept = leftAtMs ? undefined : next
    } catch {
      // The storage is full: the next page opens a session of its own.
    }
    void check()
  }

  /** Whether a spare is wanted, and none is here. */
  function isFree() {
    const { status, hold } = hand.state as { status: string; hold?: Hold }
    // A conversation that was lost waits to go on with its own session.
    return !/^warm/.test(status) && !hold?.isSent && !hand.conversation.pending && !adopting && mayWarm()
  }

  function offer() {
    if (isFree()) onFree()
  }

  /** Gives the turn to the next tab, or waits for it no longer. */
  function leaveTurn() {
    line?.abort()
    line = undefined
  }

  /** Takes up what another page of this tab has left. */
  function takeUp(isBack?: boolean) {
    const mine = hand.held
    const found = keepsOwn && !adopting && !mine.ticket && !hand.conversation.pending && !isWarming(hand) && find(true)
    if (found) {
      found.isOwn = true
      adopting = own(found, isBack).then(isMine => {
        adopting = undefined
        // The next page takes it up.
        if (hand.isLeft) return
        if (isMine && mine === hand.held && !mine.ticket && !hand.conversation.pending) adopt(hand, found)
        else remove(true)
        offer()
      })
    }
  }

  return {
    keep,
    offer,
    takeUp,

    /** @returns whether a session that was in hand is this page's to end. It is kept for no other page then. */
    async isOursToEnd(mine: Held) {
      if (mine.isOwn && find(true)?.id === mine.id) remove(true)
      return mine.isLeft && !mine.isOwn ? undefined : own(mine)
    },

    /** Warms a session up for this page alone, unless there is one. */
    async warm() {
      const mine = hand.held
      if (adopting) await adopting
      // Else it was closed, or one was taken up.
      if (mine === hand.held || isWarming(hand)) await hand.warm(true)
    },

    /**
     * Looks for a spare to hold: one that is left over, or a new one.
     *
     * @param forgiven How many failures are no reason to wait.
     * @returns whether the last one is.
     */
    seek(forgiven: number): boolean | undefined {
      if (line || !isFree()) return
      if (isTooSoon(hand.state, environment.now(), forgiven)) return true
      line = new AbortController()
      known = takeTurn(locks, `spare of ${key}`, headers.pending(), line.signal, async signal => {
        const found = locks && find(false)
        const isElsewhere = found && (await isOwned(found.id))
        if (signal.aborted) return
        if (!isFree()) leaveTurn()
        // Its tab is gone.
        else if (found && !isElsewhere) adopt(hand, found)
        else void hand.warm(!locks)
      })
    },

    /** The page is being left (closed, navigated away from, put into the back/forward cache), or frozen. */
    leave(isFreezing: boolean) {
      const mine = hand.held
      if (!isFreezing) stopWaiting()
      // A frozen page keeps its conversation: no copy of its tab may take it.
      if (mine.isLeft || (isFreezing && mine.isOwn)) return
      // A lock would keep other tabs waiting for a page in the back/forward cache.
      leaveTurn()
      // Also one that seems to be over: of a conversation that no beat has told, only the least is known.
      if (mine.ticket) {
        keep(environment.now())
        mine.isLeft = true
        park(hand, mine.ticket)
      } else if (!mine.isOwn && isWarming(hand)) giveUp(hand)
      release(mine)
    },

    /**
     * Looks whether the session is still this page's own.
     *
     * @param isBack The page is back from the back/forward cache. The page after it may have left a conversation.
     */
    look(isVisible: boolean, isBack: boolean) {
      const mine = hand.held
      if (isBack && mine.isOwn && mine.ticket) return void resume(mine)
      if (isVisible && mine.isLeft && !mine.isOwn) giveUp(hand)
      else if (!isBack) return void check()
      takeUp(isBack)
      offer()
    },

    /** Settles when it is known what there is. */
    async known() {
      // What mounts just after the message was sent takes up what the page before has left.
      await null
      await adopting
      await known
    },

    /**
     * What a message goes on has to be this page's own: the session in hand, or else the spare of another tab, if this one
     * waits for its turn to hold it.
     *
     * @returns whether the page was left before it was known whose the session in hand is.
     */
    async claim(): Promise<true | undefined> {
      const mine = hand.held
      if (mine.ticket) {
        if (!(await ownOrGiveUp(mine)) && hand.isLeft) return true
        // It was left to the other tabs when this page was frozen, or is being left just now.
        mine.isLeft = hand.isLeft
        keep()
        return
      }
      const found = line && !isWarming(hand) && find(false)
      if (!found || !(await own(found)) || mine !== hand.held) return
      adopt(hand, found)
    },
  }
}

export type Sharing = ReturnType<typeof createSharing>
