import { fromErrorBody, type Lease, WarmAgentError } from '@warm-agent/protocol'
import { createStore } from 'zustand/vanilla'
import type { Environment } from './environment.ts'
import { planHold } from './hold-policy.ts'
import type { ExpiryReason, SessionEvent, SessionOccurrence } from './session-event.ts'
import { initialState, liveHold, type SessionState, toSnapshot, transition } from './state.ts'
import type { WarmSession } from './warm-session.ts'
import type { WarmTransport } from './warm-transport.ts'

/** A page that was left is stopped that much later, unless it returns. */
export const parkMs = 30_000

/** The proxy gives a warm-up 60 s unless told otherwise, the platform at most 120 s: what takes longer is lost. */
const flightLimitMs = 150_000

/** The session in hand. Its identity tells results that come late from those that are current. */
export interface Held {
  /** Its first ticket: what the pages of a browser know the session by. */
  id?: string | undefined
  ticket?: string | undefined
  /** The warm-up or the beat that is in the air: one at a time. */
  flight?: AbortController | undefined
  /** Settles when the warm-up has ended. */
  opened?: Promise<void>
  /** No other tab may take it: it is a conversation's, or was asked for here. */
  isOwn?: boolean
  /** Settles when it is known whether no other page has it. */
  owned?: Promise<boolean> | undefined
  /** The page was left, so the proxy may stop the session. */
  isLeft?: boolean
  /** Whether it lives is not sure: a beat asks then. */
  askAtMs?: number | undefined
}

/** A session, and what can be done with it. */
export interface SessionCore {
  store: WarmSession['store']
  /** Changed by `dispatch` alone. */
  state: SessionState
  held: Held
  /** Messages that were sent and not answered yet: no session is closed under them, and none is opened beside them. */
  pending: number
  /** Makes something happen: changes the state, tells the store and the listener, and looks at what is due. */
  dispatch(occurrence: SessionOccurrence): void
  /** Warms it up: one warm-up at a time, and none beside a session that is held. Resolves when that has ended. */
  warmUp(isOwn: boolean): Promise<void>
  /** Looks at the clock, does what is due, or sleeps until it is. To be called whenever something has changed. */
  wake(): void
  /** It is over. With `isForgotten` the proxy does not know its ticket. */
  expire(reason: ExpiryReason, isForgotten?: boolean): void
  /** Ends a session that nobody here wants any more. Never rejects. */
  dispose(ticket: string, how?: { afterMs?: number; keepalive?: boolean }): Promise<void>
  /** Gives up the session in hand. One whose ticket is still to come is stopped by the proxy, which sees us go. */
  letGo(): Promise<void>
  /** Leaves it to another tab, which has it or may have it. */
  giveUp(): void
}

/**
 * Warms a session up, and holds it: beats, pauses, announces, and lets go.
 *
 * @param awayTooLongAtMs When a user who is away has been away for too long.
 * @param onSpareLost A spare that was adopted turns out to be gone.
 */
export function createSessionCore(
  environment: Environment,
  transport: WarmTransport,
  onEvent: ((event: SessionEvent) => void) | undefined,
  onDispatched: () => void,
  awayTooLongAtMs: () => number,
  onSpareLost: () => void,
): SessionCore {
  const store = createStore(() => toSnapshot(initialState))
  let stopTimer: (() => void) | undefined

  function dispatch(occurrence: SessionOccurrence) {
    const event: SessionEvent = { ...occurrence, atMs: environment.now() }
    core.state = transition(core.state, event)
    const next = toSnapshot(core.state)
    // A beat changes nothing that is shown, so nobody is told.
    if (String(Object.values(next)) !== String(Object.values(store.getState()))) store.setState(next)
    onDispatched()
    try {
      onEvent?.(event)
    } catch (error) {
      globalThis.reportError?.(error)
    }
  }

  /** Events tell everything of a lease but its ticket. */
  function dispatchLease(type: 'lease-granted' | 'warm-succeeded' | 'beat-succeeded', lease: Lease) {
    const { ticket: _, status: __, ...facts } = lease
    dispatch({ type, ...facts } as SessionOccurrence)
  }

  const dispose: SessionCore['dispose'] = (ticket, how = {}) => transport.close(ticket, how).catch(() => {})

  function drop(): Held {
    const { held } = core
    core.held = {}
    held.flight?.abort()
    return held
  }

  async function letGo() {
    const { ticket } = drop()
    if (ticket) await dispose(ticket)
  }

  /** Does one thing on the wire. `land` learns how it ended, unless nobody wants to know any more. */
  function fly<Result>(
    mine: Held,
    run: (flight: AbortController) => Promise<Result>,
    land: (error: WarmAgentError, result?: Result) => void,
  ) {
    const flight = new AbortController()
    mine.flight = flight
    flight.signal.onabort = environment.after(flightLimitMs, () => flight.abort())
    function end(cause: unknown, result?: Result) {
      flight.abort()
      if (mine !== core.held || mine.flight !== flight) return
      mine.flight = undefined
      land(toError(cause), result)
    }
    return run(flight).then(result => end(undefined, result), end)
  }

  async function open(mine: Held, flight: AbortController) {
    for await (const { event, data } of transport.open(flight)) {
      const isWarming = mine === core.held && core.state.status === 'warming'
      if (isWarming) {
        // A failure has none.
        const { ticket } = data as Partial<Lease>
        mine.ticket = ticket
        mine.id ??= ticket
      }
      if (event === 'failed') throw fromErrorBody(data)
      // Nobody wants it any more: a late session is stopped, not ignored.
      if (!isWarming && (mine !== core.held || event === 'lease')) return dispose(data.ticket)
      dispatchLease(event === 'lease' ? 'lease-granted' : 'warm-succeeded', data)
    }
  }

  /** Touches the session. Its answer counts unless a message was faster. */
  function beat() {
    const mine = core.held
    const { ticket = '' } = mine
    mine.askAtMs = undefined
    void fly(
      mine,
      async flight => transport.beat(ticket, flight),
      (error, lease) => {
        if (lease && mine.ticket === ticket) mine.ticket = lease.ticket
        const isUnknown = error.code === 'ticket_invalid'
        if (lease && (lease.status === 'warm' || core.state.status !== 'warming'))
          dispatchLease('beat-succeeded', lease)
        else if (isUnknown || error.code === 'session_expired') core.expire('refused', isUnknown)
        else dispatch({ type: 'beat-failed', error })
      },
    )
    core.wake()
  }

  const core: SessionCore = {
    store,
    state: initialState,
    held: {},
    pending: 0,
    dispatch,
    dispose,
    letGo,
    giveUp() {
      drop()
      dispatch({ type: 'spare-given' })
    },

    async warmUp(isOwn) {
      if (core.state.status !== 'warming' && !liveHold(core.state) && !core.pending) {
        const mine: Held = { isOwn }
        core.held = mine
        mine.opened = fly(
          mine,
          flight => open(mine, flight),
          error => {
            if (core.state.status !== 'warming') core.wake()
            // With a ticket in hand the warm-up goes on without us, and beats ask after it.
            else dispatch({ type: mine.ticket ? 'beat-failed' : 'warm-failed', error })
          },
        )
        dispatch({ type: 'warm-started' })
      }
      await core.held.opened
    },

    // A timer that was throttled, or slept with the machine, wakes late: so the plan is made anew, never remembered.
    wake() {
      stopTimer?.()
      stopTimer = undefined
      const { held, state, pending } = core
      const hold = liveHold(state)
      if (!held.ticket || !hold) return
      const isSent = state.status === 'active' || !!hold.isSent
      const nowMs = environment.now()
      const { action, atMs } = planHold(
        { ...hold, retryAtMs: held.askAtMs ?? hold.retryAtMs },
        { canBeat: !held.flight && !held.isLeft, isPaused: state.isPaused, isSent, awayTooLongAtMs: awayTooLongAtMs() },
        nowMs,
        environment.random(),
      )
      if (atMs > nowMs) stopTimer = environment.after(atMs - nowMs, core.wake)
      else if (action === 'beat') beat()
      else if (action === 'pause') dispatch({ type: 'heartbeat-paused' })
      else if (action === 'announce') {
        dispatch({ type: 'session-ending', inMs: hold.lease.atMs + hold.lease.holdMs - nowMs })
      } else if (action === 'idle' || !pending) core.expire(action)
    },

    // The ticket of an expired session is kept: the proxy starts the session again with the next message, and says so.
    expire(reason, isForgotten) {
      const { state, held } = core
      const wasAdoptedSpare = state.status === 'warming' && !liveHold(state)?.isSent
      held.flight?.abort()
      held.flight = undefined
      if (isForgotten) core.held = {}
      if (reason === 'hold' && state.status !== 'active') void letGo()
      dispatch({ type: 'session-expired', reason })
      if (wasAdoptedSpare && reason === 'refused') onSpareLost()
    },
  }
  return core
}

function toError(cause: unknown): WarmAgentError {
  if (cause instanceof WarmAgentError) return cause
  const why = (cause as Error | undefined)?.message ?? 'it ended early'
  return new WarmAgentError('agent_unavailable', `Could not reach the proxy: ${why}.`, { cause })
}
