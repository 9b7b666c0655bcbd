import { endSession } from './end-session.ts'
import { placedTicket, type SessionContext } from './session-context.ts'
import { isInUse } from './session-memory.ts'
import type { SessionTicket } from './session-ticket.ts'

/** A parked session that cannot be ended yet is looked at again so much later: it is in use, or the ledger does not answer. */
const askAgainMs = 5_000

/**
 * Ends the session `afterMs` from now, unless it is touched first. Resolves when the ledger has that, so that another
 * instance does it if this one dies.
 *
 * @param options `unlessSent`: not when the ledger knows of a message that came for it through another instance.
 * @note Without a ledger only this process knows that the session is parked: a beat that reaches another instance does
 *   not unpark it, and nobody stops it when this process dies.
 */
export function parkSession(
  context: SessionContext,
  ticket: SessionTicket,
  afterMs: number,
  { unlessSent = false } = {},
): Promise<void> {
  const { memories } = context
  const { session } = ticket
  unpark(context, ticket)
  if (memories.hasEnded(ticket)) return Promise.resolve()
  const untilMs = Date.now() + afterMs
  // It may have moved to another endpoint meanwhile, and its parking with it.
  const placed = () => placedTicket(context, ticket)
  const isParked = () => memories.of(placed().session).parking === parking

  async function endIfDue(): Promise<void> {
    if (isInUse(context.memories.of(placed().session))) return arm(askAgainMs)
    try {
      const isEnded = await endSession(context, ticket, 'due')
      if (isEnded) context.emit({ type: 'session-closed' }, ticket)
    } catch {
      // An event has told of it. If the ledger did not answer, it is asked again; a stop that failed is left to the reaper.
      if (!memories.hasEnded(placed()) && isParked()) return arm(askAgainMs)
    }
    if (isParked()) memories.note(placed().session, { parking: undefined })
  }
  let timer: ReturnType<typeof setTimeout>
  const arm = (ms: number) => {
    timer = setTimeout(endIfDue, ms)
  }
  const parking = { untilMs, cancel: () => clearTimeout(timer) }
  arm(afterMs)
  memories.note(session, { parking, ticket })
  context.emit({ type: 'session-parked', afterMs }, ticket)
  return context.ledger.hold(ticket, { parkedUntil: untilMs, unlessSent })
}

/** Whoever touches a parked session keeps it. */
export function unpark(context: SessionContext, { session }: SessionTicket): void {
  const { parking, hasLeft } = context.memories.of(session)
  if (hasLeft) context.memories.note(session, { hasLeft: false })
  if (!parking) return
  parking.cancel()
  context.memories.note(session, { parking: undefined })
}
