import { headerNames, WarmAgentError } from '@warm-agent/protocol'
import type { FakeSessions } from './fake-sessions.ts'
import type { FakeAnswer } from './options.ts'
import type { SeenMessage } from './seen.ts'

/** The default of the real proxy. */
const maxBodyBytes = 10 * 1024 * 1024

/**
 * Finds the session of a message, and lets the played agent answer on it.
 *
 * @param messages Where the message is written down when it reaches the agent.
 */
export async function answerMessage(
  sessions: FakeSessions,
  answer: FakeAnswer,
  request: Request,
  messages: SeenMessage[],
): Promise<Response> {
  const arrivedAtMs = Date.now()
  const ticket = request.headers.get(headerNames.ticket)
  const opened = ticket === null ? undefined : sessions.find(ticket)
  const body = await request.clone().arrayBuffer()
  if (body.byteLength > maxBodyBytes) throw tooLarge()
  const { session, outcome } = await sessions.join(opened)
  // The page left while it waited: the agent sees no message, and nobody hears this.
  if (request.signal.aborted) return Response.error()
  const joinedAtMs = Date.now()
  messages.push({ text: new TextDecoder().decode(body), outcome })
  const answered = await runAgent(answer, request)
  // `Response.error()`: the network failed, and no proxy added anything to that.
  if (answered.type === 'error') return answered
  sessions.own(session)
  return new Response(answered.body, {
    status: answered.status,
    headers: {
      'content-type': answered.headers.get('content-type') ?? 'application/octet-stream',
      [headerNames.outcome]: outcome,
      [headerNames.ticket]: sessions.issueTicket(session),
      'server-timing': `join;dur=${joinedAtMs - arrivedAtMs}, agent;dur=${Date.now() - joinedAtMs}`,
    },
  })
}

async function runAgent(answer: FakeAnswer, request: Request): Promise<Response> {
  const answered = typeof answer === 'function' ? await answer(request) : answer
  return typeof answered === 'string'
    ? new Response(answered, { headers: { 'content-type': 'text/event-stream' } })
    : answered
}

function tooLarge(): WarmAgentError {
  return new WarmAgentError(
    'payload_too_large',
    `Could not read the body: it is over the limit of ${maxBodyBytes} bytes. Send less, or raise limits.bodyBytes.`,
  )
}
