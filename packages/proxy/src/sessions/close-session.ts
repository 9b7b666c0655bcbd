import type { CallCredentials, RuntimeSession } from '../agent-runtime.ts'
import { endSession, stopTaken, unstopped } from './end-session.ts'
import { unpark } from './park-session.ts'
import type { SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'

/**
 * Ends the session now. One that is still warming is stopped as soon as it is warm: a late session is not leaked.
 *
 * @returns whether this call has ended it, and not somebody else before.
 */
export async function closeSession(
  context: SessionContext,
  ticket: SessionTicket,
  credentials?: CallCredentials,
): Promise<boolean> {
  unpark(context, ticket)
  const { stopping } = context.memories.of(ticket.session)
  if (context.memories.hasEnded(ticket)) {
    await (stopping ?? retryStop(context, ticket.session, credentials))
    return false
  }
  context.memories.noteEnd(ticket, Date.now())
  context.memories.note(ticket.session, { isEndedHere: true })
  const isEnded = await endSession(context, ticket, 'always', { credentials })
  if (isEnded) context.emit({ type: 'session-closed' }, ticket)
  return isEnded
}

/** Ends a session that nobody can use. Never rejects: a failure is told as an event. */
export function disposeOf(context: SessionContext, ticket: SessionTicket, credentials: CallCredentials): void {
  closeSession(context, ticket, credentials).catch(() => undefined)
}

/** Stops a session that this process has ended, if it could not stop it then. */
export async function retryStop(
  context: SessionContext,
  session: RuntimeSession,
  credentials?: CallCredentials,
): Promise<void> {
  const ticket = unstopped(context, session)
  if (!ticket) return
  await stopTaken(context, ticket, credentials)
  context.emit({ type: 'session-closed' }, ticket)
}
