import type { Evidence } from '@warm-agent/protocol'
import type { ClaimedSession } from '../session-pool.ts'
import { within } from '../within.ts'
import { closeSession } from './close-session.ts'
import type { ServedAgent, SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'

/** A pool answers at once or has nothing: nobody waits for it longer than for a round trip. */
const claimMs = 1_000

/** A session that was warm before anybody asked. */
interface ClaimedSpare {
  ticket: SessionTicket
  evidence: Evidence
  /** How long the claim took, in milliseconds. */
  tookMs: number
}

/**
 * Takes a session out of the agent's pool for a caller. Never rejects: without one it is warmed or started as ever.
 *
 * @param options `isSent`: for a message, so that nobody stops it while that waits for its answer.
 */
export async function claimSpare(
  context: SessionContext,
  agent: ServedAgent,
  callerId: string,
  { isSent = false } = {},
): Promise<ClaimedSpare | undefined> {
  const { pool } = agent
  if (!pool) return undefined
  const askedAt = performance.now()
  const claiming = (async () => pool.claim())()
  try {
    const claimed = await within(claimMs, 'claim a session from the pool', claiming)
    if (!claimed) return undefined
    const { evidence } = claimed
    const ticket = { ...ticketOf(claimed, agent, callerId), isSent }
    context.memories.note(ticket.session, { touchedAt: ticket.touchedAt, ticket })
    await context.ledger.hold(ticket, 'touched')
    const tookMs = performance.now() - askedAt
    // The clock of whoever warmed it may be ahead.
    const ageMs = Math.max(0, Date.now() - claimed.bornAtMs)
    context.emit({ type: 'session-claimed', tookMs, ageMs, evidence }, ticket)
    return { ticket, evidence, tookMs }
  } catch (cause) {
    context.onPoolFailed(cause)
    // What comes too late is nobody's.
    claiming
      .then(late => late && closeSession(context, ticketOf(late, agent, callerId)))
      // Told already: the claim itself failed, or an event has told of the stop.
      .catch(() => undefined)
    return undefined
  }
}

function ticketOf(
  { runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce }: ClaimedSession,
  { name, runtimeTag }: ServedAgent,
  callerId: string,
): SessionTicket {
  return {
    session: { id: runtimeSessionId, qualifier },
    agent: name,
    runtimeTag,
    callerId,
    bornAt: bornAtMs,
    touchedAt: touchedAtMs,
    heldSince: Date.now(),
    nonce,
    isWarm: true,
    isSent: false,
  }
}
