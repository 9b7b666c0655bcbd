import { type FailureReason, isMissing, RuntimeFailure, type RuntimeSession } from '../agent-runtime.ts'
import type { ServedAgent } from './session-context.ts'

/** What an endpoint says that takes no new session, or is gone. Another one may take the session. */
const refusals: ReadonlySet<FailureReason> = new Set(['throttled', 'quota', 'unreachable', 'missing'])

interface Moving {
  /** Hears where the session is from now on. */
  onMoved(to: RuntimeSession, from: RuntimeSession): void
  /** Nobody wants the session any more: it stays where it is. */
  isOver?(from: RuntimeSession): boolean
}

/**
 * Makes a call of a session that does not run yet. When an endpoint refuses it without running anything, the next one is
 * called at once, until one takes it. When all refuse, the session is back at the first that was not missing, and that one's
 * refusal is thrown.
 *
 * @note Nothing ran under the id, so no microVM is left behind at another endpoint.
 */
export async function callAnyEndpoint<T>(
  agent: ServedAgent,
  first: RuntimeSession,
  attempt: (session: RuntimeSession) => Promise<T>,
  { onMoved, isOver = () => false }: Moving,
): Promise<T> {
  const refusedBy: string[] = []
  let session = first
  let home = first
  let refusal: unknown

  function moveTo(qualifier: string): void {
    const from = session
    session = { id: first.id, qualifier }
    if (qualifier !== from.qualifier) onMoved(session, from)
  }

  for (;;) {
    try {
      return await attempt(session)
    } catch (failure) {
      if (!isRefusal(failure) || isOver(session)) throw failure
      if (refusal === undefined || isMissing(refusal)) {
        refusal = failure
        home = session
      }
      refusedBy.push(session.qualifier)
      const next = agent.nextQualifier(refusedBy)
      const isAnother = !refusedBy.includes(next)
      moveTo(isAnother ? next : home.qualifier)
      if (!isAnother) throw refusal
    }
  }
}

function isRefusal(failure: unknown): boolean {
  return failure instanceof RuntimeFailure && !failure.mayHaveRun && refusals.has(failure.reason)
}
