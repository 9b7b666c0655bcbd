import type { AgentRuntime, RuntimeSession } from './agent-runtime.ts'

/** Makes the sessions of one runtime. */
export interface SessionMaker {
  /** A session that nothing was sent to yet, on the next endpoint. */
  newSession(refusedBy?: readonly string[]): RuntimeSession
  /** The endpoint that the next new session is placed on: not one of `refusedBy`, as long as there is another. */
  nextQualifier(refusedBy?: readonly string[]): string
}

/** Places new sessions where the runtime says; where it says nothing, on its endpoints in turn. */
export function createSessionMaker(runtime: AgentRuntime): SessionMaker {
  let turn = 0

  function nextQualifier(refusedBy: readonly string[] = []): string {
    if (runtime.placeSession) return runtime.placeSession(refusedBy)
    const { qualifiers } = runtime
    const others = qualifiers.filter(qualifier => !refusedBy.includes(qualifier))
    const open = others.length > 0 ? others : qualifiers
    return open[turn++ % open.length] as string
  }

  return {
    nextQualifier,
    // The platform takes 33 to 100 characters that begin with a letter or digit; this is 41, 122 bits of them random.
    newSession: refusedBy => ({ id: `warm-${crypto.randomUUID()}`, qualifier: nextQualifier(refusedBy) }),
  }
}
