import { type CallCredentials, RuntimeFailure, type RuntimeSession } from '../agent-runtime.ts'
import type { EndCondition } from '../ledger/ending.ts'
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
    // A close needs no answer: what the ledger misses of it is written down later. Every other end waits for the answer:
    // somebody else may have touched the session.
    if (condition === 'always') return 'unknown' as const
    throw cause
  })
  if (right === 'held') return false
  memories.noteEnd(ticket, Date.now())
  // Whoever ended it elsewhere does not know of a warm-up here.
  memories.note(session, { isEndedHere: right !== 'ended' })
  if (right === 'ended') return false
  await stopTaken(context, ticket, credentials)
  return true
}

/**
 * The ticket of a session that this process has ended but could not stop, until the platform ends it by itself. Its tickets
 * stay refused: nobody knows whether it runs.
 */
export function unstopped(context: SessionContext, session: RuntimeSession): SessionTicket | undefined {
  const { unstopped: ticket } = context.memories.of(session)
  return ticket && !hasExpired(context, ticket) ? ticket : undefined
}

/**
 * Stops a session whose ending this process has taken on, now or before. Meanwhile the memory has that as `stopping`.
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

/** Resolves when the ledger knows too: whoever closes the proxy disconnects the ledger next. */
async function stopOnce(context: SessionContext, ticket: SessionTicket, credentials?: CallCredentials): Promise<void> {
  const { ledger, memories, emit, limits } = context
  const { session } = ticket
  await memories.of(session).warmUp?.catch(() => undefined)
  try {
    await stopSession(agentOf(context, ticket).runtime, session, limits.warmTimeoutMs, credentials)
  } catch (cause) {
    emit({ type: 'stop-failed', cause }, ticket)
    if (cause instanceof RuntimeFailure && cause.reason === 'unauthenticated') {
      // Only its caller's own token could stop it: it is left to the idle timeout, and not tried again.
      await ledger.noteEnded(ticket)
      throw cause
    }
    memories.note(session, { unstopped: upToDate(context, ticket) })
    // A stop that the platform would only refuse again is not left to the reaper, which tries every few seconds.
    const mayPass = !(cause instanceof RuntimeFailure) || retryWaitMs(cause, 'stop', 1, 0) !== undefined
    if (mayPass) await ledger.noteUnstopped(ticket)
    throw cause
  }
  memories.note(session, { unstopped: undefined })
  await ledger.noteEnded(ticket)
}

/** Stops what came up although its session is not wanted any more. Never rejects: a failure is told as an event. */
export async function stopUnwanted(
  context: SessionContext,
  ticket: SessionTicket,
  credentials: CallCredentials,
): Promise<void> {
  const { runtime } = agentOf(context, ticket)
  await stopSession(runtime, ticket.session, context.limits.warmTimeoutMs, credentials).catch(cause =>
    context.emit({ type: 'stop-failed', cause }, ticket),
  )
}

/** While a call waits for its next attempt, its session may be ended, here or elsewhere: another call would start it again. */
export async function hasEndedMeanwhile({ ledger, memories }: SessionContext, ticket: SessionTicket): Promise<boolean> {
  await ledger.hold(ticket, 'noted')
  return memories.hasEnded(ticket)
}
