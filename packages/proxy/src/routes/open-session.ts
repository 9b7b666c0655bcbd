import { type OpenEvent, toErrorBody, WarmAgentError, type WarmLease } from '@warm-agent/protocol'
import * as z from 'zod'
import type { Caller } from '../callers.ts'
import { toWarmAgentError } from '../failures.ts'
import { readBody } from '../read-body.ts'
import { claimSpare } from '../sessions/claim-spare.ts'
import { grantLease } from '../sessions/grant-lease.ts'
import { leaveSession } from '../sessions/leave-session.ts'
import {
  agentNamed,
  newTicket,
  placedTicket,
  type ServedAgent,
  type SessionContext,
} from '../sessions/session-context.ts'
import type { SessionTicket } from '../sessions/session-ticket.ts'
import { evidenceOf, startWarmUp, warmTicket } from '../sessions/start-warm-up.ts'
import type { RouteHandler } from './route-handler.ts'

const openBody = z.object({ agent: z.string().max(200).optional() })

/** Many intermediaries cut a connection that is silent for 30 s, and a cold start can take as long. */
const keepAliveMs = 10_000

/** Opens a session: `lease` at once, `warm` or `failed` when the warm-up ends. */
export const openSessionRoute: RouteHandler = async (context, caller, request) => {
  if (request.headers.get('sec-purpose')?.includes('prefetch')) {
    throw new WarmAgentError(
      'forbidden',
      'Could not open a session: nobody looks at this page yet. Wait until it is shown.',
    )
  }
  const { agent: name } = parseBody(await readBody(request, context.limits.bodyBytes))
  const agent = agentNamed(context, name)
  request.signal.throwIfAborted()
  const { ticket, warmed } = await openOrClaim(context, agent, caller)
  const ending: Promise<OpenEvent> = warmed.then(
    async ({ ticket: warm, ...facts }) => ({
      event: 'warm',
      data: { ...(await grantLease(context, warm)), status: 'warm', ...facts },
    }),
    error => ({ event: 'failed', data: toErrorBody(toWarmAgentError(error)) }),
  )

  let isOver = false
  let keepAlive: ReturnType<typeof setTimeout>
  let onAbort: () => void

  function end(): void {
    isOver = true
    clearTimeout(keepAlive)
    request.signal.removeEventListener('abort', onAbort)
  }
  /** The page is gone, perhaps before it had the ticket with which it could have closed the session itself. */
  function leave(): void {
    end()
    leaveSession(context, ticket, caller)
  }
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string) => controller.enqueue(new TextEncoder().encode(text))
      const sendEvent = ({ event, data }: OpenEvent) => send(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
      const stayAlive = () => {
        keepAlive = setTimeout(() => {
          send(': warming\n\n')
          stayAlive()
        }, keepAliveMs)
      }
      // Some hosts cancel the answer, some only abort the request.
      onAbort = () => {
        controller.error(request.signal.reason)
        leave()
      }
      if (request.signal.aborted) return onAbort()
      request.signal.addEventListener('abort', onAbort, { once: true })
      const lease = await grantLease(context, ticket)
      if (isOver) return
      sendEvent({ event: 'lease', data: lease })
      stayAlive()
      const last = await ending
      if (isOver) return
      end()
      sendEvent(last)
      controller.close()
    },
    cancel: leave,
  })
  return new Response(stream, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
}

/** What a page is told of a session that has become warm. */
type WarmFacts = Pick<WarmLease, 'source' | 'tookMs' | 'evidence'> & { ticket: SessionTicket }

/** A session out of the pool, warm at once, or else one that begins to warm now. */
async function openOrClaim(
  context: SessionContext,
  agent: ServedAgent,
  caller: Caller,
): Promise<{ ticket: SessionTicket; warmed: Promise<WarmFacts> }> {
  const { limiter, limits } = context
  const { idleTimeoutMs } = agent.rules
  const ticket = newTicket(agent, caller.callerId)
  await limiter.admitSession(ticket, caller, idleTimeoutMs)
  const spare = await claimSpare(context, agent, caller.callerId)
  if (spare) {
    limiter.exchange(ticket, spare.ticket, caller, idleTimeoutMs)
    return { ticket: spare.ticket, warmed: Promise.resolve({ ...spare, source: 'pool' }) }
  }
  await limiter.admitWarmUp(ticket, limits.warmTimeoutMs).catch(error => {
    limiter.noteEnd(ticket, caller)
    throw error
  })
  const warmed = startWarmUp(context, agent, ticket, ticket.nonce, caller, { isNew: true })
  warmed.then(
    () => limiter.warmUpEnded(ticket),
    () => {
      limiter.warmUpEnded(ticket)
      limiter.noteEnd(ticket, caller)
    },
  )
  return {
    ticket,
    warmed: warmed.then(answer => ({
      ticket: warmTicket(placedTicket(context, ticket), answer),
      source: 'started',
      tookMs: answer.tookMs,
      evidence: evidenceOf(answer, ticket.nonce),
    })),
  }
}

function parseBody(bytes: Uint8Array): z.infer<typeof openBody> {
  const text = new TextDecoder().decode(bytes)
  try {
    return openBody.parse(text === '' ? {} : JSON.parse(text))
  } catch (cause) {
    throw new WarmAgentError(
      'bad_request',
      'Could not open a session: the body is not {"agent"?: string}. Send that, or nothing.',
      { cause },
    )
  }
}
