import { fromErrorBody, type Lease, WarmAgentError } from '@warm-agent/protocol'
import { createStore } from 'zustand/vanilla'
import type { Environment } from './environment.ts'
import { noticeMs, planHold } from './hold-policy.ts'
import type { Held, SessionCore } from './session-core.ts'
import type { ExpiryReason, SessionEvent, SessionOccurrence } from './session-event.ts'
import { initialState, liveHold, toSnapshot, transition } from './state.ts'
import type { WarmTransport } from './warm-transport.ts'

/** The proxy gives a warm-up 60 s unless told otherwise, the platform at most 120 s: what takes longer is lost. */
const flightLimitMs = 150_000

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
    if (JSON.stringify(next) !== JSON.stringify(store.getState())) store.setState(next)
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

  const dispose: SessionCore['dispose'] = async (ticket, how = {}) => {
    if (ticket) await transport.close(ticket, how).catch(() => {})
  }

  /** @returns the ticket of what was in hand. */
  function drop() {
    const { ticket, flight } = core.held
    core.held = {}
    flight?.abort()
    return ticket
  }

  const letGo = () => dispose(drop())

  /** Does one thing on the wire. `land` learns how it ended, unless it was aborted: then nobody wants to know any more. */
  function fly<Result>(
    mine: Held,
    run: (flight: AbortController) => Promise<Result>,
    land: (error: WarmAgentError, result?: Result) => void,
  ) {
    const flight = new AbortController()
    mine.flight = flight
    function end(cause?: unknown, result?: Result) {
      if (flight.signal.aborted) return
      flight.abort()
      mine.flight = undefined
      land(toError(cause), result)
    }
    flight.signal.onabort = environment.after(flightLimitMs, end)
    return run(flight).then(result => end(undefined, result), end)
  }

  async function open(mine: Held, flight: AbortController) {
    for await (const { event, data } of transport.open(flight)) {
      const isWanted = mine === core.held && isWarming()
      // A failure has none.
      if (isWanted) mine.ticket = (data as Partial<Lease>).ticket
      if (event === 'failed') throw fromErrorBody(data)
      // Nobody wants it any more: a late session is stopped, not ignored.
      if (!isWanted && (mine !== core.held || event === 'lease')) return dispose(data.ticket)
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
        if (lease && (lease.status === 'warm' || !isWarming())) dispatchLease('beat-succeeded', lease)
        else if (isUnknown || error.code === 'session_expired') expire('refused', isUnknown)
        else dispatch({ type: 'beat-failed', error })
      },
    )
    wake()
  }

  const isWarming = () => core.state.status === 'warming'

  async function warmUp(isOwn: boolean) {
    if (!isWarming() && !liveHold(core.state) && !core.pending) {
      const mine: Held = { isOwn }
      core.held = mine
      mine.opened = fly(
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
    await core.held.opened
  }

  // A timer that was throttled, or slept with the machine, wakes late: so the plan is made anew, never remembered.
  function wake() {
    stopTimer?.()
    const { held, state, pending } = core
    const hold = liveHold(state)
    if (!held.ticket || !hold) return
    const nowMs = environment.now()
    const { action, atMs } = planHold(
      { ...hold, retryAtMs: held.askAtMs ?? hold.retryAtMs },
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
    else if (action === 'announce') {
      dispatch({ type: 'session-ending', inMs: atMs + noticeMs - nowMs })
    } else if (action === 'idle' || !pending) expire(action)
  }

  // The ticket of an expired session is kept: the proxy starts the session again with the next message, and says so.
  function expire(reason: ExpiryReason, isForgotten?: boolean) {
    const { state, held } = core
    const wasAdoptedSpare = isWarming() && !liveHold(state)?.isSent
    held.flight?.abort()
    held.flight = undefined
    if (isForgotten) core.held = {}
    if (reason === 'hold' && state.status !== 'active') void letGo()
    dispatch({ type: 'session-expired', reason })
    if (wasAdoptedSpare && reason === 'refused') onSpareLost()
  }

  const core: SessionCore = {
    store,
    state: initialState,
    held: {},
    pending: 0,
    dispatch,
    warmUp,
    wake,
    expire,
    dispose,
    letGo,
    giveUp() {
      drop()
      dispatch({ type: 'spare-given' })
    },
  }
  return core
}

function toError(cause: unknown): WarmAgentError {
  if (cause instanceof WarmAgentError) return cause
  const why = (cause as Error | undefined)?.message ?? 'it ended early'
  return new WarmAgentError('agent_unavailable', `Could not reach the proxy: ${why}.`, { cause })
}
