import {
  defaultBasePath,
  fromErrorBody,
  headerNames,
  type Lease,
  type Outcome,
  WarmAgentError,
} from '@warm-agent/protocol'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { browserEnvironment, type Environment } from './environment.ts'
import { createHandOff, type Send } from './hand-off.ts'
import { createHeartbeat } from './heartbeat.ts'
import { planHold } from './hold-policy.ts'
import { createHttpTransport } from './http-transport.ts'
import { createKeptLease } from './kept-lease.ts'
import { createMounting } from './mounting.ts'
import { refuse, type TriggerTarget, type WarmSessionOptions, type WarmTrigger } from './options.ts'
import { createPresence } from './presence.ts'
import type { ExpiryReason, SessionEvent, SessionOccurrence } from './session-event.ts'
import { type Hold, initialState, liveHold, type SessionSnapshot, toSnapshot, transition } from './state.ts'
import { createTriggers } from './triggers.ts'
import { addressed, createWireHeaders } from './wire-headers.ts'

/** A session of one agent in this page, warm before its first message. */
export interface WarmSession {
  /** What the session is; a zustand store that can only be read. `getInitialState` is the snapshot for a server. */
  store: Pick<StoreApi<SessionSnapshot>, 'getState' | 'getInitialState' | 'subscribe'>
  /** Warms up now, unless a session is held already; resolves when the warm-up has ended, well or not. Never rejects. */
  warm(): Promise<void>
  /** The hand-off: give it to any chat client. Bound, and the same function for ever. */
  fetch: typeof globalThis.fetch
  /** Ends the session at once; resolves when the proxy has answered, well or not. Never rejects. */
  close(): Promise<void>
  /**
   * Keeps the session for one user (a component, a page), and warms it up when `warmOn` says so.
   * @returns what lets it go. A second after the last user has gone, the session closes.
   */
  mount(warmOn?: WarmTrigger, target?: TriggerTarget): () => void
  /**
   * For a chat client that takes no `fetch`: waits for the ticket of a warm-up in flight and gives the headers that hand the
   * session over. Tell `answered` the headers of the answer.
   * Rejects with the reason of `signal` only. After `timeoutMs` (default 15_000) the message goes without a session, cold.
   */
  handoff(options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<{
    headers: Record<string, string>
    answered(headers: Headers, status?: number): void
  }>
  /** The same headers, as they are now: without a ticket while none is here. */
  getHeaders(): Record<string, string>
}

/** How long a message waits for the lease of a warm-up in flight before it goes cold. */
const leaseWaitMs = 15_000
/** The proxy gives a warm-up 60 s unless told otherwise, the platform at most 120 s: what takes longer is lost. */
const flightLimitMs = 150_000
/** A page that was left is stopped that much later, unless it returns. */
const parkMs = 30_000

/** The session in hand. Its identity tells results that come late from those that are current. */
interface Held {
  ticket?: string
  /** The warm-up or the beat that is in the air: one at a time. */
  flight?: AbortController | undefined
  /** Settles when the warm-up has ended. */
  opened?: Promise<void>
  /** The page was left, so the proxy may have stopped the session. */
  isParked?: boolean
}

export function createWarmSession(options: WarmSessionOptions = {}): WarmSession {
  const {
    endpoint: givenEndpoint = defaultBasePath,
    agent,
    headers,
    fetch: givenFetch,
    enabled = true,
    warmOn = 'open',
    target: givenTarget,
    warmOnSaveData,
    hiddenHoldMs = 120_000,
    holdWhile = 'open',
    keepOnReload = true,
    onEvent,
    transport: givenTransport,
    environment = browserEnvironment,
    ...unknown
  } = options
  for (const [name, value] of Object.entries({ fetch: givenFetch, onEvent, ...unknown })) {
    if (value !== undefined && (name in unknown || typeof value !== 'function')) refuse(name, value)
  }
  if (!/^(open|visible|intent|manual)$/.test(warmOn)) refuse('warmOn', warmOn)
  if (!/^(open|active)$/.test(holdWhile)) refuse('holdWhile', holdWhile)
  if (!(hiddenHoldMs >= 0)) refuse('hiddenHoldMs', hiddenHoldMs)

  const wiring = {
    endpoint: toEndpoint(givenEndpoint, environment),
    agent,
    headers: createWireHeaders(headers),
    fetch: ((input, init) => (givenFetch ?? globalThis.fetch)(input, init)) as typeof globalThis.fetch,
  }
  const transport = givenTransport ?? createHttpTransport(wiring)

  let state = initialState
  const store = createStore(() => toSnapshot(state))
  let held: Held = {}
  /** Messages that were sent and not answered yet: no session is closed under them, and none is opened beside them. */
  let pending = 0
  function dispatch(occurrence: SessionOccurrence) {
    const event: SessionEvent = { ...occurrence, atMs: environment.now() }
    state = transition(state, event)
    const next = toSnapshot(state)
    // A beat changes nothing that is shown, so nobody is told.
    if (String(Object.values(next)) !== String(Object.values(store.getState()))) store.setState(next)
    wake()
    try {
      onEvent?.(event)
    } catch (error) {
      globalThis.reportError?.(error)
    }
  }

  // Holding

  const wake = createHeartbeat(
    environment,
    () => {
      const hold = liveHold(state)
      if (!held.ticket || !hold) return
      const { status, isPaused } = state
      const circumstances = {
        canBeat: !held.flight && !presence.hasLeft,
        isPaused,
        isSent: status === 'active' || !!hold.isSent,
        awayTooLongAtMs: presence.awayAtMs + hiddenHoldMs,
      }
      return planHold(
        held.isParked ? { ...hold, retryAtMs: 0 } : hold,
        circumstances,
        environment.now(),
        environment.random(),
      )
    },
    ({ action }) => {
      if (action === 'beat') beat()
      else if (action === 'pause') dispatch({ type: 'heartbeat-paused' })
      else if (action === 'announce') announce()
      else if (action === 'idle' || !pending) expire(action)
    },
  )

  /** Does one thing on the wire. `land` learns how it ended, unless nobody wants to know any more. */
  async function fly<Result>(
    mine: Held,
    run: (flight: AbortController) => Promise<Result>,
    land: (result: Result | undefined, cause: unknown) => void,
  ) {
    const flight = new AbortController()
    mine.flight = flight
    flight.signal.onabort = environment.after(flightLimitMs, () => flight.abort())
    let result: Result | undefined
    let failure: unknown
    try {
      result = await run(flight)
    } catch (cause) {
      failure = cause
    }
    flight.abort()
    if (mine !== held || mine.flight !== flight) return
    mine.flight = undefined
    land(result, failure)
  }

  /** Touches the session. Its answer counts unless a message was faster. */
  function beat() {
    const mine = held
    const { ticket = '' } = mine
    mine.isParked = false
    void fly(
      mine,
      flight => transport.beat(ticket, flight),
      (lease, cause) => {
        if (lease && mine.ticket === ticket) mine.ticket = lease.ticket
        if (lease && (lease.status === 'warm' || state.status !== 'warming')) return note('beat-succeeded', lease)
        const error = toError(cause)
        const isUnknown = error.code === 'ticket_invalid'
        if (isUnknown || error.code === 'session_expired') expire('refused', isUnknown)
        else dispatch({ type: 'beat-failed', error })
      },
    )
    wake()
  }

  /** The ticket of an expired session is kept: the proxy starts the session again with the next message, and says so. */
  function expire(reason: ExpiryReason, isForgotten = false) {
    // A spare that was adopted and is gone is replaced at once: nobody has seen it warm.
    const wasAdopted = state.status === 'warming' && !liveHold(state)?.isSent
    held.flight?.abort()
    held.flight = undefined
    if (isForgotten) held = {}
    if (reason === 'hold' && state.status !== 'active') void letGo()
    dispatch({ type: 'session-expired', reason })
    if (wasAdopted && reason === 'refused') triggers.set()
  }

  function announce() {
    const { lease } = liveHold(state) as Hold
    dispatch({ type: 'session-ending', inMs: lease.atMs + lease.holdMs - environment.now() })
  }

  /** Events tell everything of a lease but its ticket. */
  function note(type: 'lease-granted' | 'warm-succeeded' | 'beat-succeeded', lease: Lease) {
    const { ticket: _, status: __, ...facts } = lease
    dispatch({ type, ...facts } as SessionOccurrence)
  }

  // Warming

  async function warm() {
    attach()
    if (state.status !== 'warming' && !liveHold(state) && !pending) {
      const mine: Held = {}
      held = mine
      mine.opened = fly(
        mine,
        flight => open(mine, flight),
        (_, cause) => {
          if (state.status !== 'warming') wake()
          // With a ticket in hand the warm-up goes on without us, and beats ask after it.
          else dispatch({ type: mine.ticket ? 'beat-failed' : 'warm-failed', error: toError(cause) })
        },
      )
      dispatch({ type: 'warm-started' })
      watch.look()
    }
    await held.opened
  }

  async function open(mine: Held, flight: AbortController) {
    for await (const { event, data } of transport.open(flight)) {
      const isWarming = mine === held && state.status === 'warming'
      if (event === 'failed') {
        if (isWarming) delete mine.ticket
        throw fromErrorBody(data)
      }
      if (isWarming) mine.ticket = data.ticket
      // Nobody wants it any more: a late session is stopped, not ignored.
      else if (mine !== held || event === 'lease') return dispose(data.ticket)
      note(event === 'lease' ? 'lease-granted' : 'warm-succeeded', data)
    }
  }

  // Handing off

  async function untilLeased(signal: AbortSignal | null | undefined, timeoutMs = leaseWaitMs) {
    if (state.status !== 'warming' || held.ticket || signal?.aborted) return
    const undos: (() => void)[] = []
    await new Promise<unknown>(resolve => {
      // Whatever changes now, it is the lease, or the end of its hope.
      undos.push(
        store.subscribe(resolve),
        environment.after(timeoutMs, () => resolve(0)),
      )
      signal?.addEventListener('abort', resolve)
    })
    for (const undo of undos) undo()
  }

  /** Takes from the headers of an answer what they say of the session that it was sent on. @returns the outcome, if it is ours. */
  function settle(mine: Held, sentTicket: string | undefined, headers: Headers): Outcome | null {
    const ticket = headers.get(headerNames.ticket)
    const outcome = headers.get(headerNames.outcome) as Outcome | null
    if (mine !== held) {
      // Closed meanwhile. Not stopped at once: it may be the answer that is being read.
      if (ticket) void dispose(ticket, { afterMs: parkMs })
      return null
    }
    if (ticket && outcome) {
      // A spare that was leased too late for this message is of no use any more.
      if (!sentTicket && held.ticket) void letGo()
      held.ticket = ticket
      attach()
      watch.look()
    }
    return outcome
  }

  const send: Send = async (isMessage, signal, carry) => {
    if (isMessage) await untilLeased(signal)
    signal?.throwIfAborted()

    let mine = held
    const sentTicket = mine.ticket
    const tell = (occurrence: SessionOccurrence, change = -1) => {
      if (isMessage) pending += change
      dispatch(occurrence)
    }
    if (isMessage) tell({ type: 'message-sent' }, 1)
    let answer: Response
    try {
      answer = (await carry(sentTicket)) as Response
      if (sentTicket && (await isTicketRefused(answer))) {
        // Surely no agent was run: the only case in which a message is sent again.
        if (mine === held) expire('refused', true)
        mine = held
        answer = (await carry()) ?? answer
      }
    } catch (error) {
      if (isMessage) tell({ type: 'message-failed', error })
      throw error
    }
    const outcome = settle(mine, sentTicket, answer.headers)
    if (isMessage || outcome) tell({ type: 'message-answered', outcome, status: answer.status })
    return answer
  }

  // The page, and the end

  const { presence, ...watch } = createPresence(environment, holdWhile === 'active', {
    onLeft() {
      const hold = liveHold(state)
      const { ticket } = held
      if (!ticket || !hold) return
      // The proxy stops it soon, unless the page returns, or the next one in this tab takes it up.
      held.isParked = true
      void dispose(ticket, { afterMs: parkMs, keepalive: true })
      const isSent = state.status === 'active'
      if (keepOnReload) keptLease.keep({ ...hold, ticket, isSent, leftAtMs: environment.now() })
    },
    onTurned(isVisible) {
      // Back from the back/forward cache: what was kept is this page's own again, or that of a page that was left after it.
      const kept = isVisible && keptLease.take()
      if (kept && held.isParked) held.ticket = kept.ticket
      dispatch({ type: isVisible ? 'page-shown' : 'page-hidden' })
    },
    onStirred() {
      if (!presence.isVisible) return wake()
      if (state.isPaused) dispatch({ type: 'heartbeat-resumed' })
      else wake()
      triggers.set()
    },
  })

  /** Nothing is held, and no conversation waits to go on with its own session. */
  const triggers = createTriggers(
    environment,
    () => {
      const { status, outcome } = state
      const isLost = status === 'expired' && !outcome
      return (
        presence.isVisible && !pending && (status === 'idle' || isLost) && (warmOnSaveData || !environment.savesData())
      )
    },
    () => void warm(),
  )

  const keptLease = createKeptLease(environment, `${wiring.endpoint} ${agent ?? ''}`, parkMs)

  /** From the first use on, until the session is closed. */
  function attach() {
    watch.start()
    if (keepOnReload && state.status === 'idle' && !held.ticket) adopt()
  }

  /** Takes up the session that the page before this one has left; if it lives, which a beat will tell. */
  function adopt() {
    const kept = keptLease.take()
    if (!kept) return
    const { ticket, lease, ...facts } = kept
    held = { ticket, isParked: true }
    const holdMs = lease.atMs + lease.holdMs - environment.now()
    dispatch({ type: 'lease-adopted', ...facts, beatMs: lease.beatMs, ttlMs: lease.ttlMs, holdMs })
  }

  /** Gives up the session in hand. One whose ticket is still to come is stopped by the proxy, which sees us go. */
  async function letGo() {
    const { ticket, flight } = held
    held = {}
    flight?.abort()
    if (ticket) await dispose(ticket)
  }

  function dispose(ticket: string, how = {}): Promise<void> {
    return transport.close(ticket, how).catch(() => {})
  }

  function close(): Promise<void> {
    triggers.clear()
    watch.stop()
    const gone = letGo()
    dispatch({ type: 'session-closed' })
    return gone
  }

  function getHeaders() {
    return Object.fromEntries(addressed(undefined, undefined, held.ticket))
  }

  const enter = createMounting(environment, close)

  return {
    store,
    warm,
    fetch: createHandOff(wiring, environment, send),
    close,
    mount(trigger = enabled ? warmOn : 'manual', target = givenTarget) {
      const leave = enter()
      const unset = triggers.add(trigger, target)
      attach()
      watch.look()
      return () => {
        unset()
        leave()
      }
    },
    getHeaders,
    async handoff({ signal, timeoutMs } = {}) {
      await untilLeased(signal, timeoutMs)
      signal?.throwIfAborted()
      const mine = held
      const { ticket } = mine
      dispatch({ type: 'message-sent' })
      return {
        headers: getHeaders(),
        answered(headers, status = 200) {
          dispatch({ type: 'message-answered', outcome: settle(mine, ticket, headers), status })
        },
      }
    },
  }
}

function toEndpoint(given: string | URL, environment: Environment): string {
  try {
    const { origin, pathname } = new URL(given, environment.page().baseURI)
    return origin + pathname.replace(/\/+$/, '')
  } catch {
    return refuse('endpoint', given)
  }
}

/** Reads a copy: the answer is the caller's. */
async function isTicketRefused(answer: Response): Promise<boolean> {
  if (answer.status !== 401) return false
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => {})
  return fromErrorBody(body)?.code === 'ticket_invalid'
}

function toError(cause: unknown): WarmAgentError {
  if (cause instanceof WarmAgentError) return cause
  const why = (cause as Error | undefined)?.message ?? 'it ended early'
  return new WarmAgentError('agent_unavailable', `Could not reach the proxy: ${why}.`, { cause })
}
