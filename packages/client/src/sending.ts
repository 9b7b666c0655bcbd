import type { SessionCore } from './create-session-core.ts'
import type { Environment } from './environment.ts'
import { readError } from './http-transport.ts'
import type { WarmSession } from './warm-session.ts'
import { addressed, type WireHeaders } from './wire-headers.ts'

/**
 * How messages are sent on the session in hand.
 *
 * @param endpoint Without a slash at its end.
 */
export function createSending(
  endpoint: string,
  agent: string | undefined,
  headers: WireHeaders,
  carry: typeof globalThis.fetch,
  environment: Environment,
  { handOver, ticket }: SessionCore,
): Pick<WarmSession, 'fetch' | 'handoff' | 'getHeaders'> {
  const getHeaders = () => Object.fromEntries(addressed(ticket(), agent))

  return {
    getHeaders,

    async handoff({ signal, timeoutMs } = {}) {
      const { answered } = await handOver(true, signal, timeoutMs, 0)
      return { headers: getHeaders(), answered }
    },

    /** Adds the ticket to requests for the endpoint and for the page's own origin; other origins never see it. */
    async fetch(input, init = {}) {
      // By its shape, not by `instanceof`: a Request may come from another realm or a polyfill. A string or URL has none of it.
      const request = input as Partial<Request>
      const page = environment.page()
      const { origin, pathname } = new URL(request.url ?? (input as string | URL), page.baseURI)
      const isOurs = `${origin}${pathname}/`.startsWith(`${endpoint}/`)
      const isForeign = origin !== page.location.origin
      if (!isOurs && isForeign) return carry(input, init)

      const isMessage = !/^(get|head)$/i.test(init.method ?? request.method ?? 'get')
      const { ticket, refused, failed, answered } = await handOver(isMessage, init.signal ?? request.signal)
      const send = async (target: RequestInfo | URL, ticket?: string) =>
        carry(target, {
          ...init,
          // Some clients name every option of theirs, undefined ones too.
          ...(isForeign && { credentials: init.credentials ?? 'include' }),
          headers: addressed(
            ticket,
            agent,
            isOurs ? await headers.resolve() : undefined,
            init.headers ?? request.headers,
          ),
        })
      let answer: Response
      try {
        // A stream cannot be sent again.
        const again = ticket && !(init.body instanceof ReadableStream) && (request.clone?.() ?? input)
        answer = await send(input, ticket)
        if (ticket && answer.status === 401 && (await readError(answer.clone()))?.code === 'ticket_invalid') {
          // The proxy does not know the ticket, so surely no agent was run: the only case in which a message is sent again.
          refused()
          if (again) answer = await send(again)
        }
      } catch (error) {
        failed(error)
        throw error
      }
      answered(answer.headers, answer.status)
      return answer
    },
  }
}
