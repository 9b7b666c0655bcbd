import { type FailureReason, isMissing, RuntimeFailure, type RuntimeSession } from '../agent-runtime.ts'
import type { ServedAgent } from './session-context.ts'

/** What an endpoint says that takes no new session, or that is no more. Another one may take it. */
const refusals: ReadonlySet<FailureReason> = new Set(['throttled', 'quota', 'unreachable', 'missing'])

interface Moving {
  /** Hears where the session is from now on. */
  onMoved(to: RuntimeSession, from: RuntimeSession): void
  /** Nobody wants the session any more: it stays where it is. */
  isOver?(from: RuntimeSession): boolean
}

/**
 * Makes a call of a session that does not run yet, at once on the next endpoint whenever one has refused it without
 * running anything, until one takes it. Where none does, it is back at its first that there is, whose refusal is the one to
 * hear and to wait for.
 *
 * @note Nothing ran under the id, so no pair of id and endpoint is split that could share a microVM.
 */
export async function placeSession<T>(
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
