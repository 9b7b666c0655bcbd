import type { Evidence } from '@warm-agent/protocol'
import { type CallCredentials, RuntimeFailure } from '../agent-runtime.ts'
import type { Caller } from '../callers.ts'
import { toWarmAgentError } from '../failures.ts'
import { newTicket, type ServedAgent, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'
import { stopSession, type WarmUpAnswer, warmUp } from './warm-up.ts'

/** Opens a session for a caller and begins to warm it. */
export function openSession(
  context: SessionContext,
  agent: ServedAgent,
  caller: Caller,
  ticket = newTicket(agent, caller.callerId),
) {
  return { ticket, warmed: startWarmUp(context, agent, ticket, ticket.nonce, caller) }
}

/** Starts the one warm-up of a session in this process. Whoever needs the session finds it in the memory and joins. */
export function startWarmUp(
  context: SessionContext,
  { runtime }: ServedAgent,
  ticket: SessionTicket,
  nonce: string,
  credentials: CallCredentials,
): Promise<WarmUpAnswer> {
  const { session } = ticket
  const { ledger, limits, memories } = context
  const { warmTimeoutMs } = limits
  const stop = () =>
    stopSession(runtime, session, warmTimeoutMs, credentials).catch(cause =>
      context.emit({ type: 'stop-failed', cause }, ticket),
    )
  context.emit({ type: 'warm-started' }, ticket)
  const running = warmUp(runtime, session, nonce, { purpose: 'warm-up', retryForMs: warmTimeoutMs, credentials })
  memories.note(session, { warmUp: running, isWarmUpOver: false, ticket })
  void ledger.hold(ticket, 'noted')
  running.then(
    async answer => {
      memories.note(session, { isWarmUpOver: true, touchedAt: Date.now() })
      context.emit(
        { type: 'warm-succeeded', tookMs: answer.tookMs, evidence: evidenceOf(answer, ticket.nonce) },
        ticket,
      )
      await ledger.hold({ ...ticket, isWarm: true }, 'noted')
      // Closed on another instance, before there was anything to stop perhaps: nobody else knows that it has come up.
      const { hasEnded, isEndedHere } = memories.of(session)
      if (hasEnded && !isEndedHere) await stop()
    },
    async error => {
      memories.note(session, { isWarmUpOver: true, ticket: undefined })
      context.emit({ type: 'warm-failed', code: toWarmAgentError(error).code, cause: error }, ticket)
      const right = await ledger.takeEnd(ticket, 'always').catch(() => 'unknown')
      if (mayHaveStarted(error) && right !== 'ended') await stop()
      await ledger.noteEnded(ticket)
    },
  )
  return running
}

/** The ticket of a session that answered this warm-up just now. */
export function warmTicket(ticket: SessionTicket, { echo }: WarmUpAnswer): SessionTicket {
  return { ...ticket, isWarm: true, touchedAt: Date.now(), nonce: echo }
}

/** Only the echo of this session's own nonce is an observation. */
export function evidenceOf({ echo }: WarmUpAnswer, nonce: string | undefined): Evidence {
  return echo !== undefined && echo === nonce ? 'observed' : 'assumed'
}

/** Whether a call that failed so may have left a microVM behind. */
export function mayHaveStarted(error: unknown): boolean {
  return !(error instanceof RuntimeFailure) || error.mayHaveRun || error.reason === 'conflict'
}
