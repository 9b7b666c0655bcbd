import {
  type closeAfterParameter,
  fromErrorBody,
  type OpenEvent,
  type routes,
  type WarmAgentError,
} from '@warm-agent/protocol'
import { type EarlyFlight, pageKey } from './early-flight.ts'
import type { WarmTransport } from './warm-transport.ts'
import { addressed, type WireHeaders } from './wire-headers.ts'

/** By its type alone, so that the compiler checks what is said here, and no table is in the bundle. */
type Route = (typeof routes)['open' | 'beat' | 'close']
type Path = Route['path'] | `${(typeof routes)['close']['path']}?${typeof closeAfterParameter}=${number}`

/** @returns the error that the body tells of, if it does. */
export async function readError(answer: Response): Promise<WarmAgentError | undefined> {
  return fromErrorBody(await answer.json().catch(() => {}))
}

/** Of an answer that is not the proxy's (a page for every URL, a sign-in, a gateway's), or that broke off. */
const ended = ({ status, url }: Response) => new Error(`HTTP status ${status} of ${url}`)

/**
 * Speaks the wire of the protocol package over `fetch`.
 *
 * @param endpoint Without a slash at its end.
 */
export function createHttpTransport(
  endpoint: string,
  agent: string | undefined,
  headers: WireHeaders,
  fetch: typeof globalThis.fetch,
): WarmTransport {
  async function call(path: Path, init: RequestInit, ticket?: string, isLeaving?: boolean) {
    const method: Route['method'] = 'POST'
    // A page that is going away cannot wait.
    const own = isLeaving ? headers.now() : await headers.resolve()
    const answer = await fetch(endpoint + path, {
      ...init,
      method,
      headers: addressed(ticket, undefined, own),
      // For an endpoint of another origin: an anonymous caller is a cookie.
      credentials: 'include',
    })
    if (answer.ok) return answer
    throw (await readError(answer)) ?? ended(answer)
  }

  return {
    // Of the format of server-sent events only what our own need is read: `event`, then one `data`; comments. Whatever else
    // the body holds gives no event.
    async *open({ signal }) {
      const early = (globalThis as { [key: string]: unknown })[pageKey(endpoint, agent)] as EarlyFlight | undefined
      const answer = (await early?.(signal)) ?? (await call('/sessions', { body: JSON.stringify({ agent }), signal }))
      const reader = (answer.body as ReadableStream<BufferSource>).pipeThrough(new TextDecoderStream()).getReader()
      let text = ''
      for (;;) {
        const { done, value } = await reader.read()
        // After the last event nobody minds.
        if (done) throw ended(answer)
        text += value
        for (const [block, event, data] of text.matchAll(/event: ?(\w+).*?\ndata: ?([^\n]+).*?\n\r?\n/gs)) {
          text = text.replace(block, '')
          yield { event, data: JSON.parse(data as string) } as OpenEvent
        }
      }
    },

    async beat(ticket, { signal }) {
      return (await call('/sessions/beat', { signal }, ticket)).json()
    },

    async close(ticket, { afterMs, keepalive }) {
      const path = afterMs ? (`/sessions/close?afterMs=${afterMs}` as const) : '/sessions/close'
      // Also one that an application asks for may be the last thing that a page does.
      await call(path, { keepalive: true }, ticket, keepalive)
    },
  }
}
