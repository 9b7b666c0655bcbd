import { WarmAgentError } from '@warm-agent/protocol'
import { isMissing, RuntimeFailure } from '../agent-runtime.ts'
import type { Caller } from '../callers.ts'
import { closeSession, disposeOf } from './close-session.ts'
import { holdEndAt } from './deadlines.ts'
import { hasEndedMeanwhile, stopUnwanted } from './end-session.ts'
import { unpark } from './park-session.ts'
import { agentOf, hasExpired, type SessionContext, upToDate } from './session-context.ts'
import { isWarming } from './session-memory.ts'
import type { SessionTicket } from './session-ticket.ts'
import { warmTicket } from './start-warm-up.ts'
import { warmUp } from './warm-up.ts'

/**
 * A page beats every few minutes, and after a failure not for a second. In this time one session is touched a few times at
 * most: beyond that beats are answered without a call, so that nobody can take the calls of others. Milliseconds.
 */
const touchWindowMs = 1_000

/**
 * Touches the session, and only a session that lives: a dead one would be started again by the touch.
 *
 * @returns the renewed ticket.
 * @throws WarmAgentError `session_expired`, `rate_limited`, or what the runtime's failure means.
 */
export async function beatSession(
  context: SessionContext,
  presented: SessionTicket,
  caller: Caller,
  signal: AbortSignal,
): Promise<SessionTicket> {
  unpark(context, presented)
  await context.ledger.hold(presented, 'touched')
  const ticket = upToDate(context, presented)
  const { runtime, rules } = agentOf(context, ticket)
  const { session } = ticket
  if (context.memories.hasEnded(ticket) || hasExpired(context, ticket)) throw expired(context, ticket, 'idle')
  if (Date.now() >= holdEndAt(ticket, rules)) {
    await closeSession(context, ticket, caller)
    throw expired(context, ticket, 'hold')
  }
  if (!(await context.limiter.admitHold(ticket, caller, rules.idleTimeoutMs))) {
    await closeSession(context, ticket, caller)
    throw new WarmAgentError(
      'session_expired',
      'Could not hold the session: the money for sessions that nobody uses is spent for today. Send the message.',
    )
  }
  context.memories.note(session, { ticket })
  if (isWarming(context.memories.of(session))) return ticket
  const windowMs = Math.min(touchWindowMs, rules.beatMs / 2)
  if (!(await context.limiter.admitTouch(ticket, windowMs))) {
    const { touchedAt, isWarm } = ticket
    if (Date.now() - touchedAt < windowMs) return { ...ticket, isWarm: isWarm || touchedAt > presented.touchedAt }
    throw new WarmAgentError('rate_limited', 'Could not touch the session: others touch it just now. Wait a second.', {
      retryAfterMs: windowMs,
    })
  }

  const nonce = crypto.randomUUID()
  const answer = await warmUp(runtime, session, nonce, {
    purpose: 'beat',
    retryForMs: context.limits.warmTimeoutMs,
    signal,
    credentials: caller,
  }).catch(failure => {
    if (isMissing(failure)) {
      disposeOf(context, ticket, caller)
      throw expired(context, ticket, 'missing')
    }
    if (failure instanceof RuntimeFailure && failure.reason === 'conflict') return undefined
    throw failure
  })
  if (!answer) {
    // Somebody else is starting it, or the platform is ending it; which of the two, the ticket knows.
    if (!ticket.isWarm) return ticket
    throw expired(context, ticket, 'idle')
  }
  const renewed = warmTicket(ticket, answer)
  if (await hasEndedMeanwhile(context, renewed)) {
    // This touch may have come after the stop and started the session again. Whoever closed it does not know that.
    await stopUnwanted(context, ticket, caller)
    throw expired(context, ticket, 'idle')
  }
  if (ticket.nonce !== undefined && answer.echo === nonce) {
    // The VM had never seen a nonce: this very beat started it. Nobody asked for it. If the session had been ended already,
    // closing it stops nothing, so the VM is stopped here.
    const isStopped = await closeSession(context, ticket, caller)
    if (!isStopped) await stopUnwanted(context, ticket, caller)
    throw expired(context, ticket, 'replaced')
  }
  context.memories.note(session, { touchedAt: renewed.touchedAt, ticket: renewed })
  context.emit({ type: 'beat-succeeded' }, ticket)
  return renewed
}

function expired(
  context: SessionContext,
  ticket: SessionTicket,
  reason: 'idle' | 'hold' | 'replaced' | 'missing',
): WarmAgentError {
  context.emit({ type: 'session-expired', reason }, ticket)
  return new WarmAgentError(
    'session_expired',
    'Could not hold the session: it has ended. Open a new one, or send the message.',
  )
}
