import { fromErrorBody, type Lease, type Outcome, outcomeHeader, ticketHeader } from '@warm-agent/protocol'
import { createStore } from 'zustand/vanilla'
import type { Environment } from './environment.ts'
import { fly } from './fly.ts'
import { type Held, parkMs } from './held.ts'
import { noticeMs, planHold } from './hold-policy.ts'
import { type KeptLease, readKept } from './kept-lease.ts'
import type { ExpiryReason, SessionEvent, SessionOccurrence } from './session-event.ts'
import { initialState, liveHold, toSnapshot, transition } from './state.ts'
import { takeLock } from './take-lock.ts'
import { waitFor } from './wait-for.ts'
import type { WarmTransport } from './warm-transport.ts'
import type { WireHeaders } from './wire-headers.ts'

/** How long a message waits for the lease of a warm-up in flight before it goes cold. */
const leaseWaitMs = 15_000

/**
 * Warms a session up, holds it, shares it with the other pages of the browser, and hands it to messages: all that changes
 * what is in hand.
 * Longer than a file of ours should be: in parts, they would name each other's state a hundred times, 3 % of what a browser
 * loads.
 *
 * The lease in hand is kept where other pages find it: a spare for all tabs of the browser, a conversation for the next page
 * of this tab alone. Finding it is not having it: a lock makes it one page's own, so that no copy of a tab, and no two tabs
 * that speak at once, ever share a session. Another lock is the turn to hold an unsent spare: one tab has it at a time, the
 * others wait in line. A page that closes, crashes or is discarded loses its locks by itself. Without Web Locks every tab
 * has its own spare.
 *
 * @param key What others know the agent's session by.
 * @param keepsOwn Whether the next page of this tab may take up a conversation.
 * @param headers Those that a warm-up needs: one whose login token is still to come waits for it.
 * @param mayWarm Whether somebody is here for whom to warm up.
 * @param awayTooLongAtMs When a user who is away has been away for too long.
 * @param onFree A spare is wanted, and none is here: it may be warmed up when the time for that comes.
 * @param onHeld An answer brought a session.
 */
export function createSessionCore(
  environment: Environment,
  transport: WarmTransport,
  key: string,
  keepsOwn: boolean,
  headers: WireHeaders,
  onEvent: (event: SessionEvent) => void,
  mayWarm: () => boolean,
  awayTooLongAtMs: () => number,
  onFree: () => void,
  onHeld: () => void,
) {
  const store = createStore(() => toSnapshot(initialState))
  const locks = environment.locks()
  const nameOf = (id: string | undefined) => `${key} ${id}`
  const place = (isOwn?: boolean) => environment.storage(isOwn || !locks ? 'tab' : 'browser')
  /** Changed by `dispatch` alone. */
  let state = initialState
  let held: Held = {}
  /** Messages that were sent and not answered yet: no session is closed under them, and none is opened beside them. */
  let pending = 0
  let stopTimer: (() => void) | undefined
  /** Where the lease in hand is written down. */
  let kept: ReturnType<typeof place>
  let free: (() => void) | undefined
  /** Whether this page wants a spare: it waits for its login token or for the turn, or has that. */
  let line: AbortController | undefined
  /** Settles when it is known whether the turn was free, and what came of it if it was. */
  let known: Promise<unknown> | undefined
  /** Settles when it is known whether the session that the page before has left can be taken up. */
  let adopting: Promise<void> | undefined

  const isWarming = () => state.status === 'warming'

  /** Makes something happen: changes the state, tells the store and the listener, and looks at what is due. */
  function dispatch(occurrence: SessionOccurrence) {
    const event: SessionEvent = { ...occurrence, atMs: environment.now() }
    state = transition(state, event)
    const next = toSnapshot(state)
    // A beat changes nothing that is shown, so nobody is told.
    if (JSON.stringify(next) !== JSON.stringify(store.getState())) store.setState(next)
    keep()
    wake()
    try {
      onEvent(event)
    } catch (error) {
      globalThis.reportError?.(error)
    }
  }

  /** Events tell everything of a lease but its ticket. */
  function dispatchLease(type: 'lease-granted' | 'warm-succeeded' | 'beat-succeeded', lease: Lease) {
    const { ticket: _, status: __, ...facts } = lease
    dispatch({ type, ...facts } as SessionOccurrence)
  }

  /** Ends a session that nobody here wants any more, if there is one. Never rejects. */
  async function dispose(ticket: string | null | undefined, how: { afterMs?: number; keepalive?: boolean } = {}) {
    if (ticket) await transport.close(ticket, how).catch(() => {})
  }

  /** @returns the ticket of what was in hand. One whose ticket is still to come is stopped by the proxy, which sees us go. */
  function drop() {
    const { ticket, flight } = held
    held = {}
    flight?.abort()
    return ticket
  }

  /** Leaves it to another tab, which has it or may have it. */
  function giveUp() {
    drop()
    dispatch({ type: 'spare-given' })
  }

  // Warming up and holding.

  async function open(mine: Held, flight: AbortController) {
    for await (const { event, data } of transport.open(flight)) {
      const isWanted = mine === held && isWarming()
      // A failure has none.
      if (isWanted) mine.ticket = (data as Partial<Lease>).ticket
      if (event === 'failed') throw fromErrorBody(data)
      // Nobody wants it any more: a late session is stopped, not ignored.
      if (!isWanted && (mine !== held || event === 'lease')) return dispose(data.ticket)
      dispatchLease(event === 'lease' ? 'lease-granted' : 'warm-succeeded', data)
    }
  }

  /** Warms it up: one warm-up at a time, and none beside a session that is held. Resolves when that has ended. */
  async function warmUp(isOwn: boolean) {
    if (adopting) await adopting
    if (!isWarming() && !liveHold(state) && !pending) {
      const mine: Held = { isOwn }
      held = mine
      mine.opened = fly(
        environment,
        mine,
        flight => open(mine, flight),
        error => {
          if (!isWarming()) wake()
          // With a ticket in hand the warm-up goes on without us, and beats ask after it.
          else dispatch({ type: mine.ticket ? 'beat-failed' : 'warm-failed', error })
        },
      )
      dispatch({ type: 'warm-started' })
    }
    await held.opened
  }

  /** Touches the session. Its answer counts unless a message was faster. */
  function beat() {
    const mine = held
    const { ticket = '' } = mine
    mine.retryAtMs = undefined
    void fly(
      environment,
      mine,
      async flight => transport.beat(ticket, flight),
      (error, lease) => {
        if (lease && mine.ticket === ticket) mine.ticket = lease.ticket
        const isUnknown = error.code === 'ticket_invalid'
        if (lease && (lease.status === 'warm' || !isWarming())) dispatchLease('beat-succeeded', lease)
        else if (isUnknown || error.code === 'session_expired') expire('refused', isUnknown)
        else dispatch({ type: 'beat-failed', error })
      },
    )
    wake()
  }

  /** Looks at the clock, does what is due, or sleeps until it is. */
  // A timer that was throttled, or slept with the machine, wakes late: so the plan is made anew, never remembered.
  function wake() {
    stopTimer?.()
    const hold = liveHold(state)
    if (!held.ticket || !hold) return
    const nowMs = environment.now()
    const { action, atMs } = planHold(
      { ...hold, retryAtMs: held.retryAtMs ?? hold.retryAtMs },
      {
        canBeat: !held.flight && !held.isLeft,
        isPaused: state.isPaused,
        isSent: !!hold.isSent,
        awayTooLongAtMs: awayTooLongAtMs(),
      },
      nowMs,
      environment.random(),
    )
    if (atMs > nowMs) stopTimer = environment.after(atMs - nowMs, wake)
    else if (action === 'beat') beat()
    else if (action === 'pause') dispatch({ type: 'heartbeat-paused' })
    else if (action === 'announce') dispatch({ type: 'session-ending', inMs: atMs + noticeMs - nowMs })
    else if (action === 'idle' || !pending) expire(action)
  }

  /** It is over. With `isForgotten` the proxy does not know its ticket; else that is kept, and the next message starts it again. */
  function expire(reason: ExpiryReason, isForgotten?: boolean) {
    const wasAdopted = isWarming()
    held.flight?.abort()
    held.flight = undefined
    if (isForgotten) held = {}
    if (reason === 'hold' && state.status !== 'active') void dispose(drop())
    dispatch({ type: 'session-expired', reason })
    if (wasAdopted && reason === 'refused') offer()
  }

  // Sharing.

  /** Makes the session this page's own. @returns whether it is: the first page that asks has it. */
  function own(mine: Held) {
    mine.owned ??= takeLock(locks, nameOf(mine.id)).then(end => {
      if (!end) return
      free?.()
      free = end
      mine.isOwn = true
      return true
    })
    return mine.owned
  }

  /** Makes the session in hand this page's own, or gives it up. */
  async function ownOrGiveUp(mine: Held) {
    if (!(await own(mine)) && mine === held) giveUp()
  }

  /** Whether another tab has taken the spare that this one kept. */
  const isTaken = () => !held.isOwn && kept && !kept.getItem(key)

  /** @returns the lease that was kept for this tab, or for all of them. */
  const find = (isOwn: boolean) => readKept(place(isOwn), key, !!locks, environment.now())

  const remove = (isOwn: boolean) => place(isOwn)?.removeItem(key)

  function adopt(found: KeptLease & Held) {
    const { lease, touchedAtMs, isSent = false } = found
    const { beatMs, ttlMs, holdMs } = lease
    held = found
    dispatch({ type: 'lease-adopted', beatMs, ttlMs, holdMs, touchedAtMs, isSent })
  }

  /** Writes down what is in hand now, or that nothing is. */
  function keep(leftAtMs?: number) {
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

  /** Whether a spare is wanted, and none is here. */
  function isFree() {
    // A conversation that was lost waits to go on with its own session.
    const isWanted = state.status === 'idle' || (state.status === 'expired' && !state.hold.isSent)
    return isWanted && !pending && !adopting && mayWarm()
  }

  function offer() {
    if (isFree()) onFree()
  }

  /** Waits for the login token, however long, and for the turn to hold a spare, which is given away when `signal` is aborted. */
  async function takeTurn(signal: AbortSignal) {
    const token = headers.pending()
    if (token) await token
    const name = `spare of ${key}`
    async function granted(end = () => {}) {
      signal.onabort = end
      if (signal.aborted) return end()
      const found = locks && find(false)
      const taken = found && (await locks.query()).held
      if (signal.aborted) return
      if (!isFree()) leaveTurn()
      // Its tab is gone.
      else if (found && !taken?.some(({ name }) => name === nameOf(found.id))) adopt(found)
      else void warmUp(!locks)
    }
    const end = locks ? await takeLock(locks, name) : () => {}
    if (end) await granted(end)
    else void takeLock(locks, name, { signal }).then(granted)
  }

  /** Gives the turn to the next tab, or waits for it no longer. */
  function leaveTurn() {
    line?.abort()
    line = undefined
  }

  /** What a message goes on has to be this page's own: the session in hand, or else the spare of another tab, if this one waits for its turn to hold it. */
  async function claim() {
    const mine = held
    if (mine.ticket) {
      await ownOrGiveUp(mine)
      // It was left to the other tabs when this page was frozen: they see that it is taken.
      if (find(false)?.id === mine.id) remove(false)
      mine.isLeft = false
      return
    }
    const found = line && !pending && !isWarming() && find(false)
    if (!found || !(await own(found)) || mine !== held) return
    remove(false)
    found.retryAtMs = undefined
    adopt(found)
  }

  // Handing over.

  /** Waits until it is known what there is, and for the lease of a warm-up in flight. */
  async function untilLeased() {
    await adopting
    await known
    if (!isWarming() || held.ticket) return
    await new Promise<void>(resolve => {
      // Whatever changes now, it is the lease, or the end of its hope.
      const unsubscribe = store.subscribe(() => {
        unsubscribe()
        resolve()
      })
    })
  }

  async function untilReady(signal: AbortSignal | null | undefined, timeoutMs = leaseWaitMs) {
    signal?.throwIfAborted()
    await waitFor(untilLeased(), environment, timeoutMs, signal)
    await claim()
    signal?.throwIfAborted()
  }

  return {
    store,
    dispatch,
    warmUp,

    /** The ticket in hand. */
    ticket: () => held.ticket,

    /** Ends the session at once. */
    close() {
      const gone = dispose(drop())
      dispatch({ type: 'session-closed' })
      return gone
    },

    /** Looks for a spare to hold: one that is left over, or a new one. */
    seek() {
      if (line || !isFree()) return
      line = new AbortController()
      known = takeTurn(line.signal)
    },

    /** Takes up what the page before has left. */
    takeUp() {
      const isIdle = () => state.status === 'idle'
      const found = keepsOwn && !adopting && isIdle() && find(true)
      if (found) {
        adopting = own(found).then(isMine => {
          adopting = undefined
          if (isMine && isIdle()) adopt(found)
          else remove(true)
          offer()
        })
      }
    },

    /** The page is being left (closed, navigated away from, put into the back/forward cache), or frozen. */
    leave(isFreezing: boolean) {
      // A frozen page keeps its conversation: no copy of its tab may take it.
      if (held.isLeft || (isFreezing && held.isOwn)) return
      // A lock would keep other tabs waiting for a page in the back/forward cache.
      leaveTurn()
      // Also one that seems to be over: of a conversation that no beat has told, only the least is known.
      if (held.ticket) {
        keep(environment.now())
        held.isLeft = true
        // The proxy stops it soon, unless the page returns, or another one takes it up.
        void dispose(held.ticket, { afterMs: parkMs, keepalive: true })
      } else if (!held.isOwn) giveUp()
      free?.()
    },

    /** The page may be back from the back/forward cache, or from being frozen: looks whether the session is still its own, and what is due. */
    look(isVisible: boolean) {
      const isBack = isVisible && held.isLeft
      if (isBack && held.isOwn) {
        const found = find(true)
        // The page that was left after this one may have renewed it.
        if (found?.id === held.id) held.ticket = found?.ticket
        held.isLeft = false
        held.retryAtMs = 0
        held.owned = undefined
        void ownOrGiveUp(held)
      } else if (isBack || isTaken()) giveUp()
      if (isVisible && state.isPaused) dispatch({ type: 'heartbeat-resumed' })
      else wake()
      offer()
    },

    /**
     * Hands the session over to a message, or to another request, which does not wait for it.
     * @param count 1 when it is told for sure how it ended.
     */
    async handOver(isMessage: boolean, signal?: AbortSignal | null, timeoutMs?: number, count = isMessage ? 1 : 0) {
      if (isMessage) await untilReady(signal, timeoutMs)
      let mine = held
      const { ticket } = mine
      pending += count
      if (isMessage) dispatch({ type: 'message-sent' })
      return {
        ticket,

        /** The proxy does not know the ticket. */
        refused() {
          if (mine === held) expire('refused', true)
          mine = held
        },

        failed(error: unknown) {
          pending -= count
          if (isMessage) dispatch({ type: 'message-failed', error })
        },

        /** Takes from the headers of an answer what they say of the session that it was sent on. */
        answered(answer: Headers, status = 200) {
          const renewed = answer.get(ticketHeader)
          let outcome = answer.get(outcomeHeader) as Outcome | null
          if (mine !== held) {
            // Closed meanwhile. Not stopped at once: it may be the answer that is being read.
            void dispose(renewed, { afterMs: parkMs })
            outcome = null
          } else if (renewed && outcome) {
            // A spare that was leased too late for this message is of no use any more.
            // So is one that has failed since this page was left, and is in use again.
            if (!ticket && (mine.ticket || mine.isLeft)) void dispose(drop())
            held.ticket = renewed
            held.isOwn = true
          }
          pending -= count
          if (isMessage || outcome) dispatch({ type: 'message-answered', outcome, status })
          if (outcome && held.ticket) onHeld()
        },
      }
    },
  }
}

export type SessionCore = ReturnType<typeof createSessionCore>
