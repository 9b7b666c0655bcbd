import { fromErrorBody, type Lease } from '@warm-agent/protocol'
import { createStore } from 'zustand/vanilla'
import type { Environment } from './environment.ts'
import { fly } from './fly.ts'
import { drop, type Hand, isWarming } from './hand.ts'
import type { Held } from './held.ts'
import { noticeMs, planHold } from './hold-policy.ts'
import type { ExpiryReason, SessionEvent, SessionOccurrence } from './session-event.ts'
import type { Sharing } from './sharing.ts'
import { initialState, liveHold, toSnapshot, transition } from './state.ts'
import type { WarmTransport } from './warm-transport.ts'

/**
 * Warms one session up, holds it, and ends it. Of messages it knows nothing, and of other pages what `sharing` tells.
 *
 * @param awayTooLongAtMs When a user who is away has been away for too long.
 * @param sharing Made later. It keeps what has happened before anybody is told, offers again when a session that was adopted
 * was gone, and tells whether a session is this page's own.
 */
export function createHolding(
  environment: Environment,
  transport: WarmTransport,
  awayTooLongAtMs: () => number,
  sharing: () => Pick<Sharing, 'keep' | 'offer' | 'isOursToEnd'>,
  onEvent: (event: SessionEvent) => void,
): Hand {
  const hand: Hand = {
    store: createStore(() => toSnapshot(initialState)),
    state: initialState,
    held: {} as Held,
    conversation: { pending: 0 },
    waiting: 0,
    isLeft: false,
    dispatch,
    wake,
    expire,
    warm,
    end,
    close,
  }
  let stopTimer: (() => void) | undefined

  function dispatch(occurrence: SessionOccurrence) {
    const event: SessionEvent = { ...occurrence, atMs: environment.now() }
    hand.state = transition(hand.state, event)
    const next = toSnapshot(hand.state)
    // A beat changes nothing that is shown, so nobody is told.
    if (JSON.stringify(next) !== JSON.stringify(hand.store.getState())) hand.store.setState(next)
    sharing().keep()
    wake()
    try {
      onEvent(event)
    } catch (error) {
      globalThis.reportError?.(error)
    }
  }

  async function close(ticket: string | null | undefined, how = {}) {
    if (ticket) await transport.close(ticket, how).catch(() => {})
  }

  /** Events tell everything of a lease but its ticket. */
  function dispatchLease(type: 'lease-granted' | 'warm-succeeded' | 'beat-succeeded', lease: Lease) {
    const { ticket: _, ...facts } = lease
    dispatch({ type, ...facts } as SessionOccurrence)
  }

  async function open(mine: Held, flight: AbortController) {
    for await (const { event, data } of transport.open(flight)) {
      const isWanted = mine === hand.held && isWarming(hand)
      // A failure has none.
      if (isWanted) mine.ticket = (data as Partial<Lease>).ticket
      if (event === 'failed') throw fromErrorBody(data)
      // Nobody wants it any more: a late session is stopped, not ignored.
      if (!isWanted && (mine !== hand.held || event === 'lease')) return close(data.ticket)
      dispatchLease(event === 'lease' ? 'lease-granted' : 'warm-succeeded', data)
    }
  }

  /** Touches the session. Its answer counts unless a message was faster. */
  function beat() {
    const mine = hand.held
    const { ticket = '' } = mine
    mine.retryAtMs = undefined
    void fly(
      environment,
      mine,
      async flight => transport.beat(ticket, flight),
      (error, lease) => {
        if (lease && mine.ticket === ticket) mine.ticket = lease.ticket
        const isUnknown = error.code === 'ticket_invalid'
        if (lease) dispatchLease('beat-succeeded', lease)
        else if (isUnknown || error.code === 'session_expired') expire('refused', isUnknown)
        else dispatch({ type: 'beat-failed', error })
      },
    )
    wake()
  }

  // A timer that was throttled, or slept with the machine, wakes late: so the plan is made anew, never remembered.
  function wake() {
    stopTimer?.()
    const hold = liveHold(hand.state)
    // What was left is looked after when its page is back: the page after it may have it.
    if (!hand.held.ticket || !hold || hand.isLeft) return
    const nowMs = environment.now()
    const { action, atMs } = planHold(
      { ...hold, retryAtMs: hand.held.retryAtMs ?? hold.retryAtMs },
      {
        canBeat: !hand.held.flight && !hand.held.isLeft,
        isPaused: hand.state.isPaused,
        awayTooLongAtMs: awayTooLongAtMs(),
      },
      nowMs,
      environment.random(),
    )
    if (atMs > nowMs) stopTimer = environment.after(atMs - nowMs, wake)
    else if (action === 'beat') beat()
    else if (action === 'pause') dispatch({ type: 'heartbeat-paused' })
    else if (action === 'announce') dispatch({ type: 'session-ending', inMs: atMs + noticeMs - nowMs })
    else if (action === 'idle' || !hand.conversation.pending) expire(action)
  }

  function expire(reason: ExpiryReason, isForgotten?: boolean) {
    const wasAdopted = isWarming(hand)
    hand.held.flight?.abort()
    if (isForgotten) hand.held = {}
    if (reason === 'hold' && !liveHold(hand.state)?.isSent) void end()
    dispatch({ type: 'session-expired', reason })
    // Nobody need return for that: the machine may have slept before the user's eyes.
    if (reason === 'idle' || (wasAdopted && reason === 'refused')) sharing().offer()
  }

  async function end(how = {}) {
    const mine = hand.held
    const ticket = drop(hand)
    if (ticket && (await sharing().isOursToEnd(mine))) await close(ticket, how)
  }

  async function warm(isOwn: boolean) {
    if (!isWarming(hand) && !liveHold(hand.state) && !hand.conversation.pending) {
      const mine: Held = { isOwn }
      hand.held = mine
      mine.opened = fly(
        environment,
        mine,
        flight => open(mine, flight),
        error => {
          if (!isWarming(hand)) wake()
          // With a ticket in hand the warm-up goes on without us, and beats ask after it.
          else dispatch({ type: mine.ticket ? 'beat-failed' : 'warm-failed', error })
        },
      )
      dispatch({ type: 'warm-started' })
    }
    await hand.held.opened
  }

  return hand
}
