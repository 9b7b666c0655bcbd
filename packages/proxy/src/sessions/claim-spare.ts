import type { Evidence } from '@warm-agent/protocol'
import type { ClaimedSession } from '../session-pool.ts'
import { within } from '../within.ts'
import { closeSession } from './close-session.ts'
import type { ServedAgent, SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'

/** A pool has a session at once or has none: nobody waits longer for it than a round trip. Milliseconds. */
const claimMs = 1_000

/** A session that was warm before anybody asked. */
interface ClaimedSpare {
  ticket: SessionTicket
  evidence: Evidence
  /** How long the claim took, in milliseconds. */
  tookMs: number
}

/**
 * Takes a session out of the agent's pool for a caller. Never rejects: without one a session is started as usual.
 *
 * @param options `isSent`: it is for a message, so that nobody stops it while the answer is awaited.
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
    const ticket = { ...spareTicket(claimed, agent, callerId), isSent }
    context.memories.note(ticket.session, { touchedAt: ticket.touchedAt, ticket })
    await context.ledger.hold(ticket, 'touched')
    const tookMs = performance.now() - askedAt
    // The clock of whoever warmed it may be ahead.
    const ageMs = Math.max(0, Date.now() - claimed.bornAtMs)
    context.emit({ type: 'session-claimed', tookMs, ageMs, evidence }, ticket)
    return { ticket, evidence, tookMs }
  } catch (cause) {
    context.onPoolFailed(cause)
    // A session that comes too late belongs to nobody.
    claiming
      .then(late => late && closeSession(context, spareTicket(late, agent, callerId)))
      // Told already, as the failure of the claim or of the stop.
      .catch(() => undefined)
    return undefined
  }
}

function spareTicket(
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
