import { agentOf, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'
import { stopSession } from './warm-up.ts'

/** Ends the session now. One that is still warming is stopped as soon as it is warm: a late session is not leaked. */
export async function closeSession(context: SessionContext, ticket: SessionTicket): Promise<void> {
  const { session } = ticket
  const { warmUp, hasEnded } = context.memories.of(session)
  unpark(context, ticket)
  if (hasEnded) return
  context.memories.note(session, { hasEnded: true })
  await warmUp?.catch(() => undefined)
  try {
    await stopSession(agentOf(context, ticket).runtime, session, context.limits.warmTimeoutMs)
  } catch (cause) {
    context.emit({ type: 'stop-failed', cause }, ticket)
    throw cause
  }
  context.emit({ type: 'session-closed' }, ticket)
}

/**
 * Ends the session `afterMs` from now, unless it is touched first.
 * @note Only this process knows that the session is parked: in a fleet, a beat that reaches another instance does
 *   not unpark it.
 */
export function parkSession(context: SessionContext, ticket: SessionTicket, afterMs: number): void {
  unpark(context, ticket)
  if (context.memories.of(ticket.session).hasEnded) return
  // A failure has been told as an event by then, and nobody is left to hear more of it.
  const endNow = () => closeSession(context, ticket).catch(() => undefined)
  const timer = setTimeout(endNow, afterMs)
  context.memories.note(ticket.session, { parking: { cancel: () => clearTimeout(timer), endNow } })
  context.emit({ type: 'session-parked', afterMs }, ticket)
}

/** Whoever touches a parked session keeps it. */
export function unpark(context: SessionContext, { session }: SessionTicket): void {
  const { parking } = context.memories.of(session)
  if (!parking) return
  parking.cancel()
  context.memories.note(session, { parking: undefined })
}
