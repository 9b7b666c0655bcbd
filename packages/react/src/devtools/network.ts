import { headerNames, routes } from '@warm-agent/protocol'

/** The network between a session and its proxy, as the panel disturbs it. */
export interface Network {
  /** @returns a `fetch` that goes through it. */
  between(fetch?: typeof globalThis.fetch): typeof globalThis.fetch
  isOffline(): boolean
  setOffline(isOffline: boolean): void
  /**
   * Ends the session behind the page's back, as the platform does when its time is over: the page learns of it by its next
   * beat or message. Resolves when the proxy has answered. @throws Error when no session was seen yet, or the proxy refuses.
   */
  expire(): Promise<void>
}

export function createNetwork(onChange: () => void): Network {
  let isOffline = false
  /** Ends the session that was seen last, as its own requests speak to the proxy. */
  let stop: (() => Promise<Response>) | undefined

  return {
    between(given) {
      return async (input, init) => {
        const fetch = given ?? globalThis.fetch
        if (isOffline)
          throw new TypeError('Could not reach the proxy: the devtools hold the network off. Switch it on there.')
        const answer = await fetch(input, init)
        const url = answer.url || String(input instanceof Request ? input.url : input)
        const route = Object.values(routes).find(({ path }) => new URL(url, document.baseURI).pathname.endsWith(path))
        if (!route) return answer
        const base = url.replace(/\?.*/, '').slice(0, -route.path.length)
        /** Remembers how to end what `ticket` names. The ticket stays in here. */
        const see = (ticket: string) => {
          const headers = new Headers(init?.headers)
          headers.set(headerNames.ticket, ticket)
          stop = () => fetch(base + routes.close.path, { method: routes.close.method, headers, credentials: 'include' })
        }
        const ticket = answer.headers.get(headerNames.ticket)
        if (ticket) see(ticket)
        // A lease is in the body: the page reads it, the panel a copy.
        if (route === routes.open || route === routes.beat) void readTickets(answer.clone(), see)
        return answer
      }
    },
    isOffline: () => isOffline,
    setOffline(next) {
      isOffline = next
      onChange()
    },
    async expire() {
      if (!stop) throw new Error('Could not expire the session: none was seen yet. Warm one up first.')
      const { ok, status } = await stop()
      if (!ok) throw new Error(`Could not expire the session: the proxy answered ${status}. See its log.`)
    },
  }
}

async function readTickets(answer: Response, see: (ticket: string) => void) {
  let text = ''
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true }
      if (done) return
      text += value
      const ticket = [...text.matchAll(/"ticket":"([^"]+)"/g)].at(-1)?.[1]
      if (ticket) see(ticket)
    }
  } catch {
    // A stream that breaks breaks for the page too, which tells.
  }
}
