import type { CallCredentials, RuntimeSession } from '../agent-runtime.ts'
import { endSession, stopTaken, unstopped } from './end-session.ts'
import { isInUse, placedTicket, type SessionContext } from './session-context.ts'
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

/** Ends a session that nobody can use. A failure has been told as an event by then. */
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

/**
 * So much later it is asked again whether an answer of a parked session has ended; or, of a ledger that does not answer or
 * has only just begun to, whether the session was touched elsewhere.
 */
const askAgainMs = 5_000

/**
 * Ends the session `afterMs` from now, unless it is touched first. Resolves when that stands in the ledger, so that
 * another instance does it if this one dies.
 *
 * @param options `unlessSent`: not when a message has come for it, to another instance that the ledger knows of.
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
  // It may have moved meanwhile, and its parking with it.
  const placed = () => placedTicket(context, ticket)
  const isParked = () => memories.of(placed().session).parking === parking

  async function endIfDue(): Promise<void> {
    if (isInUse(context, placed().session)) return arm(askAgainMs)
    try {
      const isEnded = await endSession(context, ticket, 'due')
      if (isEnded) context.emit({ type: 'session-closed' }, ticket)
    } catch {
      // Told as an event by then. What the ledger did not answer is asked again; a stop that failed is the reaper's.
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
