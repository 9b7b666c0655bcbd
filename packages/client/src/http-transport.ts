import { closeAfterParameter, fromErrorBody, type RouteName, routes } from '@warm-agent/protocol'
import { type EarlyFlight, pageKey } from './early-flight.ts'
import { readOpenEvents } from './read-open-events.ts'
import type { WarmTransport } from './warm-transport.ts'
import { addressed, type WireHeaders } from './wire-headers.ts'

export interface Wiring {
  /** Without a slash at its end. */
  endpoint: string
  agent: string | undefined
  headers: WireHeaders
  fetch: typeof globalThis.fetch
}

/** Speaks the wire of the protocol package over `fetch`. */
export function createHttpTransport({ endpoint, agent, headers, fetch }: Wiring): WarmTransport {
  async function call(route: RouteName, init: RequestInit, ticket?: string, search = '') {
    const { method, path } = routes[route]
    // A page that is going away cannot wait.
    const own = init.keepalive ? headers.last() : await headers.resolve()
    const answer = await fetch(endpoint + path + search, {
      ...init,
      method,
      headers: addressed(own, undefined, ticket),
      // For an endpoint of another origin: an anonymous caller is a cookie.
      credentials: 'include',
    })
    if (answer.ok) return answer
    throw fromErrorBody(await answer.json().catch(() => {})) ?? new Error(`HTTP status ${answer.status}`)
  }

  return {
    async *open({ signal }) {
      const early: EarlyFlight | undefined = Reflect.get(globalThis, pageKey(endpoint, agent))
      const { body } = (await early?.(signal)) ?? (await call('open', { body: JSON.stringify({ agent }), signal }))
      yield* readOpenEvents(body as NonNullable<typeof body>)
    },

    async beat(ticket, { signal }) {
      return (await call('beat', { signal }, ticket)).json()
    },

    async close(ticket, { afterMs, keepalive = false }) {
      await call('close', { keepalive }, ticket, afterMs ? `?${closeAfterParameter}=${afterMs}` : '')
    },
  }
}
