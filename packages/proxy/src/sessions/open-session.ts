import type { WarmLease } from '@warm-agent/protocol'
import type { Caller } from '../callers.ts'
import { claimSpare } from './claim-spare.ts'
import { newTicket, placedTicket, type ServedAgent, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'
import { evidenceOf, startWarmUp, warmTicket } from './start-warm-up.ts'

/** What a page is told of a session that has become warm. */
type WarmFacts = Pick<WarmLease, 'source' | 'tookMs' | 'evidence'> & { ticket: SessionTicket }

interface OpenedSession {
  ticket: SessionTicket
  /** Rejects when the warm-up fails. */
  warmed: Promise<WarmFacts>
}

/**
 * A session for a page: out of the pool, and then warm at once, or else one whose warm-up begins now.
 *
 * @throws WarmAgentError `rate_limited`
 */
export async function openSession(context: SessionContext, agent: ServedAgent, caller: Caller): Promise<OpenedSession> {
  const { limiter, limits } = context
  const { idleTimeoutMs } = agent.rules
  const ticket = newTicket(agent, caller.callerId)
  const giveBack = await limiter.admitSession(ticket, caller, idleTimeoutMs)
  const spare = await claimSpare(context, agent, caller.callerId)
  if (spare) {
    limiter.exchange(ticket, spare.ticket, caller, idleTimeoutMs)
    return { ticket: spare.ticket, warmed: Promise.resolve({ ...spare, source: 'pool' }) }
  }
  await limiter.admitWarmUp(ticket, limits.warmTimeoutMs).catch(error => {
    giveBack()
    throw error
  })
  const warming = startWarmUp(context, ticket, { nonce: ticket.nonce, credentials: caller, isNew: true })
  warming.then(
    () => limiter.warmUpEnded(ticket),
    () => {
      limiter.warmUpEnded(ticket)
      limiter.noteEnd(ticket, caller)
    },
  )
  const warmed = warming.then(
    (answer): WarmFacts => ({
      ticket: warmTicket(placedTicket(context, ticket), answer),
      source: 'started',
      tookMs: answer.tookMs,
      evidence: evidenceOf(answer, ticket.nonce),
    }),
  )
  return { ticket, warmed }
}
