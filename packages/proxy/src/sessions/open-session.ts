import type { Evidence } from '@warm-agent/protocol'
import { RuntimeFailure } from '../agent-runtime.ts'
import { toWarmAgentError } from '../failures.ts'
import { newTicket, type ServedAgent, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'
import { stopSession, type WarmUpAnswer, warmUp } from './warm-up.ts'

/** Opens a session for a caller and begins to warm it. */
export function openSession(context: SessionContext, agent: ServedAgent, callerId: string) {
  const ticket = newTicket(agent, callerId)
  return { ticket, warmed: startWarmUp(context, agent, ticket, ticket.nonce) }
}

/** Starts the one warm-up of a session in this process. Whoever needs the session finds it in the memory and joins. */
export function startWarmUp(
  context: SessionContext,
  { runtime }: ServedAgent,
  ticket: SessionTicket,
  nonce: string,
): Promise<WarmUpAnswer> {
  const { session } = ticket
  const { warmTimeoutMs } = context.limits
  context.emit({ type: 'warm-started' }, ticket)
  const running = warmUp(runtime, session, nonce, { purpose: 'warm-up', retryForMs: warmTimeoutMs })
  context.memories.note(session, { warmUp: running, isWarmUpOver: false })
  running.then(
    answer => {
      context.memories.note(session, { isWarmUpOver: true, touchedAt: Date.now() })
      context.emit(
        { type: 'warm-succeeded', tookMs: answer.tookMs, evidence: evidenceOf(answer, ticket.nonce) },
        ticket,
      )
    },
    error => {
      context.memories.note(session, { isWarmUpOver: true })
      context.emit({ type: 'warm-failed', code: toWarmAgentError(error).code, cause: error }, ticket)
      if (!mayHaveStarted(error)) return
      stopSession(runtime, session, warmTimeoutMs).catch(cause => context.emit({ type: 'stop-failed', cause }, ticket))
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

/** Whether a warm-up that failed so may have left a microVM behind. */
function mayHaveStarted(error: unknown): boolean {
  return !(error instanceof RuntimeFailure) || error.mayHaveRun || error.reason === 'conflict'
}
