import type { Environment } from './environment.ts'
import type { Wiring } from './http-transport.ts'
import { addressed } from './wire-headers.ts'

/**
 * Gives `carry` the ticket, when there is one, or one comes before the caller's `signal` is aborted.
 * `carry` may be called a second time; it gives nothing when the request cannot be repeated.
 */
export type Send = (
  isMessage: boolean,
  signal: AbortSignal | null | undefined,
  carry: (ticket?: string) => Promise<Response | undefined>,
) => Promise<Response>

/**
 * @returns a `fetch` for any chat client. It adds the ticket to requests for the endpoint and for the page's own origin;
 * other origins never see it.
 */
export function createHandOff(wiring: Wiring, environment: Environment, send: Send): typeof globalThis.fetch {
  const { endpoint, agent, headers, fetch } = wiring

  return async (input, init = {}) => {
    // By its shape, not by `instanceof`: a Request may come from another realm or a polyfill. A string or URL has none of it.
    const request = input as Partial<Request>
    const page = environment.page()
    const url = new URL(request.url ?? (input as string | URL), page.baseURI)
    const path = url.origin + url.pathname
    const isOurs = `${path}/`.startsWith(`${endpoint}/`)
    if (!isOurs && url.origin !== page.location.origin) return fetch(input, init)

    const method = init.method ?? request.method ?? 'GET'
    let unsent: RequestInfo | URL | undefined = input

    return send(!/^(get|head)$/i.test(method), init.signal ?? request.signal, async ticket => {
      const target = unsent
      if (!target) return
      unsent = ticket && !(init.body instanceof ReadableStream) ? (request.clone?.() ?? input) : undefined
      return fetch(target, {
        ...init,
        // Some clients name every option of theirs, undefined ones too.
        ...(url.origin !== page.location.origin && { credentials: init.credentials ?? 'include' }),
        headers: addressed(
          isOurs ? await headers.resolve() : undefined,
          init.headers ?? request.headers,
          ticket,
          agent,
        ),
      })
    })
  }
}
