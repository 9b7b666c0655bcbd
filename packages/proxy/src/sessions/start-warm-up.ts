import type { Evidence } from '@warm-agent/protocol'
import { type CallCredentials, RuntimeFailure, type RuntimeSession } from '../agent-runtime.ts'
import { toWarmAgentError } from '../failures.ts'
import { placeSession } from './place-session.ts'
import { agentOf, placedTicket, type ServedAgent, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'
import { mayHaveStarted, stopSession, type WarmUpAnswer, warmUp } from './warm-up.ts'

/**
 * Starts the one warm-up of a session in this process. Whoever needs the session finds it in the memory and joins.
 *
 * @param options `isNew`: nobody has called the session yet, so it may start at whatever endpoint takes it.
 */
export function startWarmUp(
  context: SessionContext,
  agent: ServedAgent,
  opened: SessionTicket,
  nonce: string,
  credentials: CallCredentials,
  { isNew = false } = {},
): Promise<WarmUpAnswer> {
  const { runtime } = agent
  const { holder, ledger, limits, memories } = context
  const { warmTimeoutMs } = limits
  const leaving = createLeaving(context, opened)
  const stop = (ticket: SessionTicket) => stopUnwanted(context, ticket, credentials)
  context.emit({ type: 'warm-started' }, opened)
  /** An attempt may have left a microVM behind, or the instance that began before. */
  let hasStarted = !isNew
  const running = warmUp(runtime, opened.session, nonce, {
    purpose: 'warm-up',
    retryForMs: warmTimeoutMs,
    credentials,
    onFailed(failure) {
      hasStarted ||= mayHaveStarted(failure)
    },
    async beforeRetry() {
      if (await hasEndedMeanwhile(context, placedTicket(context, opened))) throw closedMeanwhile()
    },
    ...(isNew && {
      placing(attempt) {
        const { session } = placedTicket(context, opened)
        return hasStarted ? attempt(session) : placeSession(agent, session, attempt, leaving)
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
      // Closed on another instance, before there was anything to stop perhaps: nobody else knows that it has come up.
      if (memories.hasEnded(ticket) && !memories.of(session).isEndedHere) await stop(ticket)
      await leaving.noteRefusals()
    },
    async error => {
      const ticket = placedTicket(context, opened)
      memories.note(ticket.session, { isWarmUpOver: true, ticket: undefined })
      context.emit({ type: 'warm-failed', code: toWarmAgentError(error).code, cause: error }, ticket)
      hasStarted ||= mayHaveStarted(error)
      // Another instance may have its page by now, and try by itself; one that has ended it did not know of this one's try.
      const right = await ledger.takeEnd(ticket, { holder }).catch(() => 'unknown')
      const isOurs = right === 'taken' || (right !== 'held' && !memories.of(ticket.session).isEndedHere)
      if (hasStarted && isOurs) await stop(ticket)
      if (right === 'taken' || right === 'unknown') await ledger.noteEnded(ticket)
      await leaving.noteRefusals()
    },
  )
  return running
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

function closedMeanwhile(): RuntimeFailure {
  return new RuntimeFailure('missing', 'The session was closed while its warm-up waited.', { mayHaveRun: false })
}

/** What becomes known of a session that leaves an endpoint that refused it. */
function createLeaving({ ledger, memories }: SessionContext, opened: SessionTicket) {
  const left = new Map<string, SessionTicket>()
  return {
    isOver: (from: RuntimeSession) => memories.hasEnded({ ...opened, session: from }),
    onMoved(to: RuntimeSession, from: RuntimeSession): void {
      const ticket = { ...opened, session: to }
      const { parking } = memories.of(from)
      memories.note(to, { ...memories.of(from), movedTo: undefined, entry: undefined, ticket })
      memories.note(from, { movedTo: to, parking: undefined, ticket: undefined })
      left.delete(to.qualifier)
      left.set(from.qualifier, { ...opened, session: from })
      void ledger.hold(ticket, parking ? { parkedUntil: parking.untilMs } : 'noted')
    },
    /** Where nothing ever ran there is nothing to stop. */
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
