import { carryOn } from './carry.ts'
import type { Environment } from './environment.ts'
import { type Hand, park } from './hand.ts'
import { handOver } from './hand-over.ts'
import { readError } from './http-transport.ts'
import { askAfterLeaveMs } from './kept-lease.ts'
import type { Sharing } from './sharing.ts'
import { liveHold } from './state.ts'
import { orAborted, untilReady } from './until-ready.ts'
import type { WarmSession } from './warm-session.ts'
import { addressed, type WireHeaders } from './wire-headers.ts'

/**
 * How messages are sent on the session in hand.
 *
 * @param endpoint Without a slash at its end.
 * @param onHeld An answer brought a session.
 */
export function createSending(
  endpoint: string,
  agent: string | undefined,
  headers: WireHeaders,
  carry: typeof globalThis.fetch,
  hand: Hand,
  environment: Environment,
  sharing: Sharing,
  onHeld: () => void,
): Pick<WarmSession, 'fetch' | 'handoff' | 'getHeaders'> {
  const toHeaders = (ticket?: string) => Object.fromEntries(addressed(ticket, agent))

  return {
    getHeaders() {
      const { ticket } = hand.held
      // Whoever is given the ticket may send on it, and need not tell.
      if (ticket && !liveHold(hand.state)?.isSent) {
        void sharing.claim()
        hand.dispatch({ type: 'message-sent', isHandedOut: true })
      }
      return toHeaders(ticket)
    },

    async handoff({ signal, timeoutMs } = {}) {
      const mine = await untilReady(hand, environment, sharing, signal, timeoutMs)
      const { ticket, answered } = handOver(hand, mine, true, onHeld, 0)
      return { headers: toHeaders(ticket), answered }
    },

    /** Adds the ticket to requests for the endpoint and for the page's own origin; other origins never see it. */
    async fetch(input, given) {
      const init = given ?? {}
      const native = carryOn(init)
      if (native) return native(input, init)
      // By its shape, not by `instanceof`: a Request may come from another realm or a polyfill. A string or URL has none of it.
      const request = input as Partial<Request>
      const page = environment.page()
      const { origin, pathname } = new URL(request.url ?? (input as string | URL), page.baseURI)
      const isOurs = `${origin}${pathname}/`.startsWith(`${endpoint}/`)
      const isForeign = origin !== page.location.origin
      if (!isOurs && isForeign) return carry(input, init)

      const isMessage = !/^(get|head)$/i.test(init.method ?? request.method ?? 'get')
      const signal = init.signal ?? request.signal
      const mine = isMessage ? await untilReady(hand, environment, sharing, signal) : hand.held
      const { ticket, refused, failed, answered } = handOver(hand, mine, isMessage, onHeld)
      const send = async (target: RequestInfo | URL, ticket?: string) => {
        const sent = carry(target, {
          ...init,
          // Some clients name every option of theirs, undefined ones too.
          ...(isForeign && { credentials: init.credentials ?? 'include' }),
          headers: addressed(
            ticket,
            agent,
            isOurs ? await orAborted(headers.resolve(), signal) : undefined,
            init.headers ?? request.headers,
          ),
        })
        // It was parked when its page was left; the message would keep it.
        if (isMessage && mine.isLeft) {
          park(hand, ticket)
          mine.retryAtMs = environment.now() + askAfterLeaveMs
        }
        return sent
      }
      let answer: Response
      try {
        // What can be read only once cannot be sent again: a stream, or in Node whatever is iterated asynchronously.
        const body = init.body as { getReader?: unknown; [Symbol.asyncIterator]?: unknown } | null | undefined
        const isRepeatable = !body?.getReader && !body?.[Symbol.asyncIterator]
        const again = ticket && isRepeatable && (request.clone?.() ?? input)
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
