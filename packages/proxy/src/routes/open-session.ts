import { heldOutHeader, type OpenEvent, toErrorBody, WarmAgentError } from '@warm-agent/protocol'
import * as z from 'zod'
import { toErrorResponse } from '../error-response.ts'
import { toWarmAgentError } from '../failures.ts'
import { readBody } from '../read-body.ts'
import { grantLease } from '../sessions/grant-lease.ts'
import { leaveSession } from '../sessions/leave-session.ts'
import { openSession } from '../sessions/open-session.ts'
import { agentNamed } from '../sessions/session-context.ts'
import { eventStream } from './event-stream.ts'
import type { RouteHandler } from './route-handler.ts'

const openBody = z.object({ agent: z.string().max(200).optional() })
/** Far more than that takes. It is read before any limit counts, so strangers must not fill the memory with it. */
const maxOpenBytes = 16_384

/** Opens a session: `lease` at once, `warm` or `failed` when the warm-up ends. */
export const openSessionRoute: RouteHandler = async (context, caller, request) => {
  if (request.headers.get('sec-purpose')?.includes('prefetch')) {
    throw new WarmAgentError(
      'forbidden',
      'Could not open a session: nobody looks at this page yet. Wait until it is shown.',
    )
  }
  if (caller.isHeldOut) return heldOut()
  const { agent: name } = parseBody(await readBody(request, maxOpenBytes))
  const agent = agentNamed(context, name)
  const { signal } = request
  signal.throwIfAborted()
  const { ticket, warmed } = await openSession(context, agent, caller)
  const last: Promise<OpenEvent> = warmed.then(
    async ({ ticket: warm, ...facts }) => ({
      event: 'warm',
      data: { ...(await grantLease(context, warm)), status: 'warm', ...facts },
    }),
    error => ({ event: 'failed', data: toErrorBody(toWarmAgentError(error)) }),
  )
  const stream = eventStream({
    first: async () => ({ event: 'lease', data: await grantLease(context, ticket) }),
    last,
    signal,
    // The page may never have had the ticket with which it could have closed the session itself.
    onLeave: () => leaveSession(context, ticket, caller),
  })
  return new Response(stream, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
}

/** No failure, so no event tells of it. */
function heldOut(): Response {
  const error = new WarmAgentError(
    'rate_limited',
    'Could not warm a session up: this caller is held out, for comparison. Send the message, it is not held up.',
  )
  return toErrorResponse(error, { [heldOutHeader]: '1' })
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
