import { closeAfterParameter, headerNames, WarmAgentError } from '@warm-agent/protocol'
import * as z from 'zod'
import { readBody } from '../read-body.ts'
import { closeSession } from '../sessions/close-session.ts'
import { platformEndAt } from '../sessions/deadlines.ts'
import { parkSession } from '../sessions/park-session.ts'
import { agentOf, upToDate } from '../sessions/session-context.ts'
import type { RouteHandler } from './route-handler.ts'
import { ownerOf, ticketOf } from './ticket-of.ts'

const maxTicketBytes = 8192

/** Closes a session now, or parks it. The ticket comes in the header, or as the text body that `sendBeacon` can send. */
export const closeSessionRoute: RouteHandler = async (context, caller, request) => {
  const sealed =
    request.headers.get(headerNames.ticket) ?? new TextDecoder().decode(await readBody(request, maxTicketBytes)).trim()
  const ticket = await ticketOf(context, caller, request, sealed)
  const afterMs = new URL(request.url).searchParams.get(closeAfterParameter)
  const waitMs = afterMs === null ? 0 : parseAfterMs(afterMs, agentOf(context, ticket).rules.idleTimeoutMs)
  const known = upToDate(context, ticket)
  // To be parked is no touch: it prolongs nothing, and brings back no session that has ended.
  const leftMs = platformEndAt(known, agentOf(context, ticket).rules) - Date.now()
  context.limiter.noteEnd(known, ownerOf(ticket, caller), Math.max(0, Math.min(waitMs, leftMs)))
  if (afterMs === null) await closeSession(context, ticket, caller)
  else await parkSession(context, ticket, waitMs)
  return new Response(null, { status: 204 })
}

/** Past the idle timeout the platform ends an untouched session by itself, so a longer wait would mean nothing. */
function parseAfterMs(text: string, idleTimeoutMs: number): number {
  const parsed = z.coerce
    .number()
    .int()
    .min(0)
    .safeParse(text === '' ? Number.NaN : text)
  if (parsed.success) return Math.min(parsed.data, idleTimeoutMs)
  throw new WarmAgentError(
    'bad_request',
    `Could not park the session: ${closeAfterParameter} is not a number of milliseconds. Send a whole number.`,
  )
}
