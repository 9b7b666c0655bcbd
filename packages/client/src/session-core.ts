import { createStore } from 'zustand/vanilla'
import type { Environment } from './environment.ts'
import type { SessionEvent, SessionOccurrence } from './session-event.ts'
import { initialState, type SessionState, toSnapshot, transition } from './state.ts'
import type { WarmSession } from './warm-session.ts'
import type { WarmTransport } from './warm-transport.ts'

/** A page that was left is stopped that much later, unless it returns. */
export const parkMs = 30_000

/** The session in hand. Its identity tells results that come late from those that are current. */
export interface Held {
  /** Its first ticket: what the pages of a browser know the session by. */
  id?: string
  ticket?: string
  /** The warm-up or the beat that is in the air: one at a time. */
  flight?: AbortController | undefined
  /** Settles when the warm-up has ended. */
  opened?: Promise<void>
  /** No other tab may take it: it is a conversation's, or was asked for here. */
  isOwn?: boolean
  /** Settles when it is known whether no other page has it. */
  owned?: Promise<boolean>
  /** The page was left, so the proxy may stop the session. */
  isLeft?: boolean
  /** Whether it lives is not sure: a beat asks then. */
  askAtMs?: number | undefined
}

/** What the parts of one session share. */
export interface SessionCore {
  environment: Environment
  transport: WarmTransport
  store: WarmSession['store']
  /** Changed by `dispatch` alone. */
  readonly state: SessionState
  held: Held
  /** Messages that were sent and not answered yet: no session is closed under them, and none is opened beside them. */
  pending: number
  /** Makes something happen: changes the state, tells the store and the listener, and looks at what is due. */
  dispatch(occurrence: SessionOccurrence): void
  /** Ends a session that nobody here wants any more. Never rejects. */
  dispose(ticket: string, how?: { afterMs?: number; keepalive?: boolean }): Promise<void>
  /** Gives up the session in hand. One whose ticket is still to come is stopped by the proxy, which sees us go. */
  letGo(): Promise<void>
}

export function createSessionCore(
  environment: Environment,
  transport: WarmTransport,
  onEvent: ((event: SessionEvent) => void) | undefined,
  onDispatched: () => void,
): SessionCore {
  let state = initialState
  const store = createStore(() => toSnapshot(state))

  const core: SessionCore = {
    environment,
    transport,
    store,
    get state() {
      return state
    },
    held: {},
    pending: 0,
    dispatch(occurrence) {
      const event: SessionEvent = { ...occurrence, atMs: environment.now() }
      state = transition(state, event)
      const next = toSnapshot(state)
      // A beat changes nothing that is shown, so nobody is told.
      if (String(Object.values(next)) !== String(Object.values(store.getState()))) store.setState(next)
      onDispatched()
      try {
        onEvent?.(event)
      } catch (error) {
        globalThis.reportError?.(error)
      }
    },
    dispose: (ticket, how = {}) => transport.close(ticket, how).catch(() => {}),
    async letGo() {
      const { ticket, flight } = core.held
      core.held = {}
      flight?.abort()
      if (ticket) await core.dispose(ticket)
    },
  }
  return core
}
