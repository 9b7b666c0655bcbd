import { type CallCredentials, RuntimeFailure, type RuntimeSession } from '../agent-runtime.ts'
import type { EndCondition } from '../ledger/hold.ts'
import { retryWaitMs } from './retry.ts'
import { agentOf, hasExpired, placedTicket, type SessionContext, upToDate } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'
import { stopSession } from './warm-up.ts'

export interface EndingOptions {
  credentials?: CallCredentials | undefined
  /** The reaper's token: nothing is ended once another instance reaps. */
  fence?: number
}

/**
 * Stops the session if the condition holds, and if no other instance does it: the ledger lets one take it on. When this
 * process dies in the middle, the reaper of another finds it in the ledger and goes on.
 *
 * @returns whether this call has ended it.
 * @throws what kept it from being stopped, after telling it as an event; or that the ledger does not answer.
 */
export async function endSession(
  context: SessionContext,
  remembered: SessionTicket,
  condition: EndCondition,
  { credentials, fence }: EndingOptions = {},
): Promise<boolean> {
  const ticket = placedTicket(context, remembered)
  const { session } = ticket
  const { ledger, memories } = context
  const right = await ledger.takeEnd(ticket, condition, fence).catch(cause => {
    // A close is a close: what the ledger misses of it is written down when it answers again. What depends on who else
    // has touched the session waits: it may be in use.
    if (condition === 'always') return 'unknown' as const
    throw cause
  })
  if (right === 'held') return false
  memories.noteEnd(ticket, Date.now())
  // Who ends it elsewhere knows nothing of a warm-up here.
  memories.note(session, { isEndedHere: right !== 'ended' })
  if (right === 'ended') return false
  await stopTaken(context, ticket, credentials)
  return true
}

/**
 * What this process has ended and could not stop, and the platform has not by itself since: its tickets stay refused, for
 * nobody knows whether it runs.
 */
export function unstopped(context: SessionContext, session: RuntimeSession): SessionTicket | undefined {
  const { unstopped: ticket } = context.memories.of(session)
  return ticket && !hasExpired(context, ticket) ? ticket : undefined
}

/**
 * Stops a session whose ending this process has taken on, now or before. Meanwhile others find that in the memory.
 *
 * @throws what kept it from being stopped, after telling it as an event.
 */
export async function stopTaken(
  context: SessionContext,
  ticket: SessionTicket,
  credentials?: CallCredentials,
): Promise<void> {
  const { memories } = context
  const stopping = stopOnce(context, ticket, credentials)
  memories.note(ticket.session, { stopping })
  try {
    await stopping
  } finally {
    if (memories.of(ticket.session).stopping === stopping) memories.note(ticket.session, { stopping: undefined })
  }
}

/** Ends when the ledger knows too: whoever closes the proxy leaves the ledger next. */
async function stopOnce(context: SessionContext, ticket: SessionTicket, credentials?: CallCredentials): Promise<void> {
  const { ledger, memories, emit, limits } = context
  const { session } = ticket
  await memories.of(session).warmUp?.catch(() => undefined)
  try {
    await stopSession(agentOf(context, ticket).runtime, session, limits.warmTimeoutMs, credentials)
  } catch (cause) {
    emit({ type: 'stop-failed', cause }, ticket)
    if (cause instanceof RuntimeFailure && cause.reason === 'unauthenticated') {
      // Nobody but its caller could stop it: it is left to the idle timeout, and not tried again.
      await ledger.noteEnded(ticket)
      throw cause
    }
    memories.note(session, { unstopped: upToDate(context, ticket) })
    // What the platform will refuse again is not asked of it every few seconds.
    const mayPass = !(cause instanceof RuntimeFailure) || retryWaitMs(cause, 'stop', 1, 0) !== undefined
    if (mayPass) await ledger.noteUnstopped(ticket)
    throw cause
  }
  memories.note(session, { unstopped: undefined })
  await ledger.noteEnded(ticket)
}
