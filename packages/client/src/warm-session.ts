import type { StoreApi } from 'zustand/vanilla'
import type { WarmTrigger } from './environment.ts'
import type { TriggerTarget } from './options.ts'
import type { SessionSnapshot } from './state.ts'

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
   * @returns what lets it go. A second after the last user has gone, and when no message is on its way any more,
   * the session closes; a conversation's 30 s later, so that its answer can be read.
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
  /**
   * The same headers, as they are now: without a ticket while none is here. One that is given out hands the session over, whether
   * or not a message follows: it is held as a conversation's, no longer as an unsent one, and no other tab may take it.
   */
  getHeaders(): Record<string, string>
}
