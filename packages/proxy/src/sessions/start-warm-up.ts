import type { Evidence } from '@warm-agent/protocol'
import type { CallCredentials, RuntimeSession } from '../agent-runtime.ts'
import { toWarmAgentError } from '../failures.ts'
import { callAnyEndpoint } from './call-any-endpoint.ts'
import { ClosedMeanwhile } from './closed-meanwhile.ts'
import { hasEndedMeanwhile, stopUnwanted } from './end-session.ts'
import { agentOf, placedTicket, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'
import { mayHaveStarted, type WarmUpAnswer, warmUp } from './warm-up.ts'

interface StartOptions {
  nonce: string
  credentials: CallCredentials
  /** Nobody has called the session yet, so it may start at any endpoint. @default false */
  isNew?: boolean
}

/** Starts the one warm-up of a session in this process. Whoever needs the session finds it in the memory and joins. */
export function startWarmUp(
  context: SessionContext,
  opened: SessionTicket,
  { nonce, credentials, isNew = false }: StartOptions,
): Promise<WarmUpAnswer> {
  const agent = agentOf(context, opened)
  const { holder, ledger, limits, memories } = context
  const { warmTimeoutMs } = limits
  const moves = trackMoves(context, opened)
  const stop = (ticket: SessionTicket) => stopUnwanted(context, ticket, credentials)
  context.emit({ type: 'warm-started' }, opened)
  /** An attempt may have left a microVM behind, or another instance's earlier warm-up. */
  let hasStarted = !isNew
  const running = warmUp(agent.runtime, opened.session, nonce, {
    purpose: 'warm-up',
    retryForMs: warmTimeoutMs,
    credentials,
    onFailed(failure) {
      hasStarted ||= mayHaveStarted(failure)
    },
    async beforeRetry() {
      if (await hasEndedMeanwhile(context, placedTicket(context, opened))) throw new ClosedMeanwhile()
    },
    ...(isNew && {
      placing(attempt) {
        const { session } = placedTicket(context, opened)
        return hasStarted ? attempt(session) : callAnyEndpoint(agent, session, attempt, moves)
      },
    }),
  })
  memories.note(opened.session, { warmUp: running, isWarmUpOver: false, ticket: opened })
  void ledger.hold(opened, 'noted')
  running.then(
    async answer => {
      const ticket = placedTicket(context, opened)
      const { session } = ticket
      memories.note(session, { isWarmUpOver: true, touchedAt: Date.now() })
      context.emit(
        { type: 'warm-succeeded', tookMs: answer.tookMs, evidence: evidenceOf(answer, ticket.nonce) },
        ticket,
      )
      await ledger.hold({ ...ticket, isWarm: true }, 'noted')
      // Another instance has closed it, perhaps before there was anything to stop: only this one knows that it came up.
      if (memories.hasEnded(ticket) && !memories.of(session).isEndedHere) await stop(ticket)
      await moves.noteRefusals()
    },
    async error => {
      const ticket = placedTicket(context, opened)
      memories.note(ticket.session, { isWarmUpOver: true, ticket: undefined })
      context.emit({ type: 'warm-failed', code: toWarmAgentError(error).code, cause: error }, ticket)
      hasStarted ||= mayHaveStarted(error)
      // Its page may be on another instance by now, which then tries by itself. An instance that has ended it did not know
      // that this one was trying.
      const right = await ledger.takeEnd(ticket, { holder }).catch(() => 'unknown')
      const isOurs = right === 'taken' || (right !== 'held' && !memories.of(ticket.session).isEndedHere)
      if (hasStarted && isOurs) await stop(ticket)
      if (right === 'taken' || right === 'unknown') await ledger.noteEnded(ticket)
      await moves.noteRefusals()
    },
  )
  return running
}

/** Notes where a session is while it moves from one endpoint that refused it to the next. */
function trackMoves({ ledger, memories }: SessionContext, opened: SessionTicket) {
  const left = new Map<string, SessionTicket>()
  return {
    isOver: (from: RuntimeSession) => memories.hasEnded({ ...opened, session: from }),
    onMoved(to: RuntimeSession, from: RuntimeSession): void {
      const ticket = { ...opened, session: to }
      const { parking } = memories.of(from)
      memories.note(to, { ...memories.of(from), movedTo: undefined, entry: undefined, ticket })
      memories.note(from, { parking: undefined, ticket: undefined })
      left.delete(to.qualifier)
      left.set(from.qualifier, { ...opened, session: from })
      // Its tickets may name any of them.
      for (const { session } of left.values()) memories.note(session, { movedTo: to })
      void ledger.hold(ticket, parking ? { parkedUntil: parking.untilMs } : 'noted')
    },
    /** Tells the ledger that the session is not where it was refused: nothing ran there, so there is nothing to stop. */
    noteRefusals: () => Promise.all([...left.values()].map(ticket => ledger.noteEnded(ticket))),
  }
}

/** The ticket of a session that answered this warm-up just now. */
export function warmTicket(ticket: SessionTicket, { echo }: WarmUpAnswer): SessionTicket {
  return { ...ticket, isWarm: true, touchedAt: Date.now(), nonce: echo }
}

/** Only the echo of this session's own nonce is an observation. */
export function evidenceOf({ echo }: WarmUpAnswer, nonce: string | undefined): Evidence {
  return echo !== undefined && echo === nonce ? 'observed' : 'assumed'
}
