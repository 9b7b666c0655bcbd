import type { Outcome } from '@warm-agent/protocol'
import type { CallCredentials } from '../agent-runtime.ts'
import type { Caller } from '../callers.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { claimSpare } from './claim-spare.ts'
import { disposeOf } from './close-session.ts'
import { awaitSession } from './leave-session.ts'
import { unpark } from './park-session.ts'
import {
  agentOf,
  hasExpired,
  newTicket,
  placedTicket,
  type ServedAgent,
  type SessionContext,
  upToDate,
} from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'
import { startWarmUp, warmTicket } from './start-warm-up.ts'
import type { WarmUpAnswer } from './warm-up.ts'

/** The session that a message is sent on, and what it found there. */
export interface JoinedSession {
  ticket: SessionTicket
  outcome: Outcome
  /** Nobody has a ticket of it yet: if the message fails, nobody can ever use it. */
  isNew?: boolean
}

/** A session for a message without one: out of the pool, or else cold. A caller who is held out gets none of the pool. */
export async function freshSession(
  context: SessionContext,
  agent: ServedAgent,
  { callerId, isHeldOut }: Caller,
): Promise<JoinedSession> {
  const spare = isHeldOut ? undefined : await claimSpare(context, agent, callerId, { isSent: true })
  return spare ? { ticket: spare.ticket, outcome: 'warm', isNew: true } : coldSession(agent, callerId)
}

/** A session of its own, which the message itself starts. */
export function coldSession(agent: ServedAgent, callerId: string, refusedBy?: readonly string[]): JoinedSession {
  // No warm-up has told this VM a nonce: it will see its first one at the first beat.
  return { ticket: { ...newTicket(agent, callerId, refusedBy), nonce: undefined }, outcome: 'cold', isNew: true }
}

/**
 * A cold session in place of one that cannot be called any more, because its endpoint or region is gone. The tickets of the
 * old one are void from now on.
 */
export function replaceSession(context: SessionContext, ticket: SessionTicket, caller: CallCredentials): JoinedSession {
  disposeOf(context, ticket, caller)
  const { callerId, session } = ticket
  return { ...coldSession(agentOf(context, ticket), callerId, [session.qualifier]), outcome: 'rewarmed' }
}

/**
 * Finds out what a message with this ticket meets, and waits for a warm-up that is in flight, here or elsewhere.
 * Never fails for warmth's sake: without a usable session the message goes cold.
 *
 * @throws only the reason of `signal`.
 */
export async function joinSession(
  context: SessionContext,
  presented: SessionTicket,
  caller: Caller,
  signal: AbortSignal,
): Promise<JoinedSession> {
  unpark(context, presented)
  const endWaiting = awaitSession(context, presented, caller)
  let isUsed = false
  try {
    // Before the message is sent, so that no reaper stops the session under it.
    await context.ledger.hold({ ...presented, isSent: true }, 'touched')
    const joined = await findSession(context, upToDate(context, presented), caller, signal)
    isUsed = true
    return joined
  } finally {
    endWaiting(isUsed)
  }
}

async function findSession(
  context: SessionContext,
  ticket: SessionTicket,
  caller: Caller,
  signal: AbortSignal,
): Promise<JoinedSession> {
  const agent = agentOf(context, ticket)
  const memory = context.memories.of(ticket.session)
  if (context.memories.hasEnded(ticket)) {
    // What never became warm was never lost.
    return { ...coldSession(agent, ticket.callerId), outcome: memory.entry?.isWarm === false ? 'cold' : 'rewarmed' }
  }
  if (hasExpired(context, ticket)) {
    // The id is kept, so that an agent that files its history under it finds the history again.
    const now = Date.now()
    return {
      ticket: { ...ticket, bornAt: now, touchedAt: now, isWarm: false, nonce: undefined },
      outcome: 'rewarmed',
    }
  }
  if (ticket.isWarm) return { ticket, outcome: 'warm' }

  // A warm-up that this process does not know was begun by another. A touch waits for it, and its echo tells whether that
  // warm-up came through: the message is not risked on a session that may not be there.
  const probe = crypto.randomUUID()
  const warmed = memory.warmUp ?? startWarmUp(context, ticket, { nonce: probe, credentials: caller })
  const outcomeHere: Outcome = memory.isWarmUpOver ? 'warm' : 'joined'
  try {
    const answer = await unlessAborted(warmed, signal)
    // Much may have happened while it waited: the session was closed, or the ledger lost what it knew of the message.
    const placed = placedTicket(context, ticket)
    if (!memory.isWarmUpOver) await context.ledger.hold({ ...placed, isSent: true }, 'touched')
    if (context.memories.hasEnded(placed)) return { ...coldSession(agent, ticket.callerId), outcome: 'rewarmed' }
    return { ticket: warmTicket(placed, answer), outcome: memory.warmUp ? outcomeHere : outcomeOfProbe(answer, probe) }
  } catch (error) {
    if (signal.aborted) throw error
    return freshSession(context, agent, { ...caller, callerId: ticket.callerId })
  }
}

/** What a touch with this nonce tells of a warm-up that another instance began. */
function outcomeOfProbe({ echo, sawConflict }: WarmUpAnswer, probe: string): Outcome {
  // The microVM had seen no nonce before: this touch started it.
  if (echo === probe) return 'rewarmed'
  return sawConflict || echo === undefined ? 'joined' : 'warm'
}
