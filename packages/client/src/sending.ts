import { type Outcome, outcomeHeader, ticketHeader } from '@warm-agent/protocol'
import type { Environment } from './environment.ts'
import { readError, type Wiring } from './http-transport.ts'
import { type Held, parkMs, type SessionCore } from './session-core.ts'
import type { WarmSession } from './warm-session.ts'
import { addressed } from './wire-headers.ts'

/** How long a message waits for the lease of a warm-up in flight before it goes cold. */
const leaseWaitMs = 15_000

/**
 * Hands the session over to messages.
 *
 * @param untilReady Settles when it is known whether there is a session, or one is being warmed up.
 * @param claim A message is about to go: what it goes on has to be this page's own.
 * @param onHeld An answer brought a session.
 */
export function createSending(
  { endpoint, agent, headers, fetch: carry }: Wiring,
  core: SessionCore,
  environment: Environment,
  untilReady: () => Promise<void>,
  claim: () => Promise<void>,
  onHeld: () => void,
): Pick<WarmSession, 'fetch' | 'handoff' | 'getHeaders'> {
  async function lease() {
    await untilReady()
    if (core.state.status !== 'warming' || core.held.ticket) return
    await new Promise<void>(resolve => {
      // Whatever changes now, it is the lease, or the end of its hope.
      const unsubscribe = core.store.subscribe(() => {
        unsubscribe()
        resolve()
      })
    })
  }

  async function untilLeased(signal: AbortSignal | null | undefined, timeoutMs = leaseWaitMs) {
    signal?.throwIfAborted()
    let stopTimer: (() => void) | undefined
    const patience = new Promise<unknown>(resolve => {
      stopTimer = environment.after(timeoutMs, () => resolve(0))
      signal?.addEventListener('abort', resolve)
    })
    await Promise.race([patience, lease()])
    stopTimer?.()
    signal?.throwIfAborted()
    await claim()
    signal?.throwIfAborted()
  }

  /** Takes from the headers of an answer what they say of the session that it was sent on. */
  function settle(mine: Held, sentTicket: string | undefined, answered: Headers, status: number, isMessage = true) {
    const ticket = answered.get(ticketHeader)
    let outcome = answered.get(outcomeHeader) as Outcome | null
    if (mine !== core.held) {
      // Closed meanwhile. Not stopped at once: it may be the answer that is being read.
      void core.dispose(ticket, { afterMs: parkMs })
      outcome = null
    } else if (ticket && outcome) {
      // A spare that was leased too late for this message is of no use any more.
      // So is one that has failed since this page was left, and is in use again.
      if (!sentTicket && (mine.ticket || mine.isLeft)) void core.letGo()
      core.held.ticket = ticket
      core.held.isOwn = true
    }
    if (isMessage || outcome) core.dispatch({ type: 'message-answered', outcome, status })
    if (outcome && core.held.ticket) onHeld()
  }

  const getHeaders = () => Object.fromEntries(addressed(core.held.ticket, agent))

  return {
    getHeaders,

    async handoff({ signal, timeoutMs } = {}) {
      await untilLeased(signal, timeoutMs)
      const mine = core.held
      const { ticket } = mine
      core.dispatch({ type: 'message-sent' })
      return {
        headers: getHeaders(),
        answered: (answered, status = 200) => settle(mine, ticket, answered, status),
      }
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
      if (isMessage) await untilLeased(init.signal ?? request.signal)

      let mine = core.held
      const { ticket } = mine
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
      if (isMessage) {
        core.pending++
        core.dispatch({ type: 'message-sent' })
      }
      let answer: Response
      try {
        // A stream cannot be sent again.
        const again = ticket && !(init.body instanceof ReadableStream) && (request.clone?.() ?? input)
        answer = await send(input, ticket)
        if (ticket && answer.status === 401 && (await readError(answer.clone()))?.code === 'ticket_invalid') {
          // The proxy does not know the ticket, so surely no agent was run: the only case in which a message is sent again.
          if (mine === core.held) core.expire('refused', true)
          mine = core.held
          if (again) answer = await send(again)
        }
      } catch (error) {
        if (isMessage) {
          core.pending--
          core.dispatch({ type: 'message-failed', error })
        }
        throw error
      }
      if (isMessage) core.pending--
      settle(mine, ticket, answer.headers, answer.status, isMessage)
      return answer
    },
  }
}
