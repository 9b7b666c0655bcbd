import type { SessionSnapshot, WarmSession } from '@warm-agent/client'

/** What `useWarmAgentSession` gives. The functions stay the same from render to render. */
export type WarmAgentSession = SessionSnapshot &
  Pick<WarmSession, 'fetch' | 'warm' | 'close' | 'handoff' | 'getHeaders'>

/** What one component sees of a session: it is told of changes to what it has read, and of nothing else. */
export function createSessionView({ store, fetch, warm, close, handoff, getHeaders }: WarmSession) {
  const read = new Set<keyof SessionSnapshot>()
  let seen = store.getState()
  return {
    /** @returns the same snapshot as before, unless something that was read has changed. */
    getState(): SessionSnapshot {
      const next = store.getState()
      if ([...read].some(name => next[name] !== seen[name])) seen = next
      return seen
    },
    /** A field that is read for the first time may be old; then React sees it when it has rendered, and renders again. */
    read(snapshot: SessionSnapshot): WarmAgentSession {
      const session = { fetch, warm, close, handoff, getHeaders }
      for (const name of Object.keys(snapshot) as (keyof SessionSnapshot)[]) {
        Object.defineProperty(session, name, {
          enumerable: true,
          get() {
            read.add(name)
            return snapshot[name]
          },
        })
      }
      return session as WarmAgentSession
    },
  }
}
