import type { SessionEvent, SessionSnapshot, WarmSession, WarmTrigger } from '@warm-agent/client'

/** What the tests see of the page, and can do in it. */
export interface PageUnderTest {
  events: SessionEvent[]
  /** Every attempt to reach the proxy, also those that never arrived. */
  attempts: { path: string; atMs: number; isKeptAlive: boolean }[]
  /** One for each `pageshow`: whether the page came from the back/forward cache. */
  returns: boolean[]
  /** What nobody caught. */
  errors: string[]
  /** How often a component was rendered, and mounted. */
  renders: number
  mounts: number
  snapshot(): SessionSnapshot
  /** @returns the whole answer. */
  send(text: string, how?: RequestInit): Promise<string>
  /** So many components use the hook from now on. */
  show(components: number): void
  /** Mounts and unmounts so many times in a row; one component is mounted in the end. */
  storm(times: number): Promise<void>
}

declare global {
  var page: PageUnderTest
  interface Document {
    /** Chromium's: the page is loaded before its user goes there. */
    readonly prerendering?: boolean
  }
}

const query = new URLSearchParams(location.search)

// As in a browser that is older than them.
if (query.get('without') === 'tabs') {
  for (const [owner, name] of [
    [navigator, 'locks'],
    [globalThis, 'BroadcastChannel'],
  ] as const) {
    Object.defineProperty(owner, name, { value: undefined })
  }
}

const warmOn = query.get('warmOn') as WarmTrigger | null

export const options = {
  ...(warmOn && { warmOn, target: () => document.querySelector('textarea') }),
  agent: query.get('agent') ?? undefined,
  endpoint: query.get('endpoint') ?? undefined,
  onEvent: (event: SessionEvent) => page.events.push(event),
  ...(query.has('hiddenHoldMs') && { hiddenHoldMs: Number(query.get('hiddenHoldMs')) }),
}

export const components = Number(query.get('components') ?? 1)

export function exposePage(session: () => Pick<WarmSession, 'fetch'> & SessionSnapshot, more: Partial<PageUnderTest>) {
  const { fetch } = globalThis
  globalThis.fetch = (input, init) => {
    const { pathname } = new URL(String(input), location.href)
    page.attempts.push({ path: pathname, atMs: Date.now(), isKeptAlive: !!init?.keepalive })
    return fetch(input, init)
  }
  globalThis.page = {
    events: [],
    attempts: [],
    returns: [],
    errors: [],
    renders: 0,
    mounts: 0,
    snapshot() {
      const { status, heartbeat, error, outcome } = session()
      return { status, heartbeat, error, outcome }
    },
    async send(text, how) {
      const url = `${options.endpoint ?? '/api/agent'}/messages`
      return (await session().fetch(url, { method: 'POST', body: text, ...how })).text()
    },
    show() {},
    async storm() {},
    ...more,
  }
  addEventListener('error', ({ message }) => page.errors.push(message))
  addEventListener('unhandledrejection', ({ reason }) => page.errors.push(String(reason)))
  addEventListener('pageshow', ({ persisted }) => page.returns.push(persisted))
  // Its forerunner hears that; a channel would be silent until the page is shown.
  if (document.prerendering) localStorage.setItem('prerendered', location.pathname)
}
