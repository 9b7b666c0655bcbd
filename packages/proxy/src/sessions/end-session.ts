import { type CallCredentials, RuntimeFailure } from '../agent-runtime.ts'
import type { EndCondition } from '../ledger/hold.ts'
import { agentOf, placedTicket, type SessionContext } from './session-context.ts'
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
  const { ledger, memories, emit, limits } = context
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
  await memories.of(session).warmUp?.catch(() => undefined)
  try {
    await stopSession(agentOf(context, ticket).runtime, session, limits.warmTimeoutMs, credentials)
  } catch (cause) {
    emit({ type: 'stop-failed', cause }, ticket)
    // Nobody but its caller could stop it: it is left to the idle timeout, and not tried again.
    if (cause instanceof RuntimeFailure && cause.reason === 'unauthenticated') void ledger.noteEnded(ticket)
    throw cause
  }
  void ledger.noteEnded(ticket)
  return true
}
