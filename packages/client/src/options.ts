import type { Environment } from './environment.ts'
import type { SessionEvent } from './session-event.ts'
import type { WarmTransport } from './warm-transport.ts'

/** A value, or a function that makes one, or promises one. Functions are called per request. */
export type Resolvable<T> = T | Promise<T> | (() => T | Promise<T>)

/** When to warm up without being asked. */
export type WarmTrigger = 'open' | 'manual'

export interface WarmSessionOptions {
  /**
   * Where the proxy is mounted, resolved against the page. With another origin, cookies are sent there too
   * (`credentials: 'include'`): the proxy's list of origins must hold the page's.
   * @default '/api/agent'
   */
  endpoint?: string | URL | undefined
  /**
   * Which of several agents behind the proxy.
   * @default the proxy's only agent, or its first
   */
  agent?: string | undefined
  /**
   * Headers for the proxy, such as a login token. A function is called for each request, so that the token stays fresh;
   * when it fails, so does the warm-up, or the message. Headers that the chat client sets itself win.
   * @default none
   */
  headers?: Resolvable<HeadersInit> | undefined
  /**
   * What carries the requests.
   * @default globalThis.fetch, looked up at each call
   */
  fetch?: typeof globalThis.fetch | undefined
  /**
   * `open`: as soon as the session is mounted in a visible page. `manual`: when `warm()` is called.
   * @default 'open'
   */
  warmOn?: WarmTrigger | undefined
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
