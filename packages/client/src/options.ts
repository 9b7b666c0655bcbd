import type { Environment, WarmTrigger } from './environment.ts'
import type { SessionEvent } from './session-event.ts'
import type { WarmTransport } from './warm-transport.ts'

/** A value, or a function that makes one, or promises one. Functions are called per request. */
export type Resolvable<T> = T | Promise<T> | (() => T | Promise<T>)

/** The element that a trigger watches; looked up when the trigger is set, and each second until it fires. */
export type TriggerTarget = () => Element | null | undefined

export interface WarmSessionOptions {
  /**
   * Where the proxy is mounted, resolved against the page. With another origin, cookies are sent there too
   * (`credentials: 'include'`): the proxy's list of origins must hold the page's.
   * @default '/api/agent'
   */
  endpoint?: string | URL | undefined
  /**
   * Which of several agents behind the proxy.
   * @default the proxy's only agent; one that has several refuses (400)
   */
  agent?: string | undefined
  /**
   * Who is logged in, by any name that is theirs alone, where several may use one browser: what is held for one is never
   * taken up for another. It stays in this browser, in the names of what is stored there.
   * @default everybody is the same user
   */
  user?: string | undefined
  /**
   * Headers for the proxy, such as a login token. A function is called for each request, so that the token stays fresh, and
   * once before a warm-up, which waits for it; when it fails, so does the warm-up, or the message. Headers that the chat client sets itself win.
   * @default none
   */
  headers?: Resolvable<HeadersInit> | undefined
  /**
   * What carries the requests.
   * @default globalThis.fetch, looked up at each call
   */
  fetch?: typeof globalThis.fetch | undefined
  /**
   * Whether `warmOn` counts: `false` for as long as there is no login token, say.
   * @default true
   */
  enabled?: boolean | undefined
  /**
   * - `open`: as soon as the session is mounted in a visible page; a prerendered one waits until it is shown.
   * - `visible`: when `target` comes into view.
   * - `intent`: when the pointer rests on `target` for 65 ms, or it is touched, focused or typed into.
   * - `manual`: when `warm()` is called.
   *
   * A user who returns to a spare that was lost meanwhile, or to a warm-up that failed, finds the trigger set again. So does
   * one whose `intent` came too soon after a failure.
   * @default 'open'
   */
  warmOn?: WarmTrigger | undefined
  /**
   * What `visible` and `intent` watch. Nothing is watched while it gives none; it is asked again each second until the
   * trigger has fired, so that an element may come later than its page, and be replaced.
   * @default the whole page
   */
  target?: TriggerTarget | undefined
  /**
   * Whether triggers count for users who asked their browser to save data. `warm()` always does.
   * @default false
   */
  warmOnSaveData?: boolean | undefined
  /**
   * How long a session is held for a user who is away, in milliseconds: then an unsent one is closed, and one in use is
   * beaten no more.
   * @default 120_000
   */
  hiddenHoldMs?: number | undefined
  /**
   * When a user is away. `open`: while the page is hidden. `active`: also when they have neither moved, touched, scrolled nor
   * typed for `hiddenHoldMs`.
   * @default 'open'
   */
  holdWhile?: 'open' | 'active' | undefined
  /**
   * Whether the next page of this tab (a reload, a navigation within the site) takes up the session that this one leaves,
   * through `sessionStorage`. Switch it off where the next page begins a new conversation.
   * @default true
   */
  keepOnReload?: boolean | undefined
  /**
   * Told of everything that happens, after it has. What it throws is reported and does not harm the session.
   * @default nothing
   */
  onEvent?: ((event: SessionEvent) => void) | undefined
  /**
   * Speaks with the proxy about the session; messages go through `fetch`.
   * @default HTTP, as the protocol package describes it
   */
  transport?: WarmTransport | undefined
  /**
   * Clock, timers, chance, and the page.
   * @default the browser; on a server a page that nobody sees
   */
  environment?: Environment | undefined
}

export function refuse(name: string, value: unknown): never {
  throw new Error(`Could not create the warm session: ${name} cannot be ${value}. See WarmSessionOptions.`)
}

/** @returns the endpoint as messages are compared with it: without a slash at its end, and without a query. */
export function toEndpoint(given: string | URL, environment: Environment): string {
  try {
    const { origin, pathname } = new URL(given, environment.page().baseURI)
    return origin + pathname.replace(/\/+$/, '')
  } catch {
    return refuse('endpoint', given)
  }
}
