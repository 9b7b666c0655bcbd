import type { SessionSnapshot, WarmSession } from '@warm-agent/client'

/** What `useWarmAgentSession` gives. The functions stay the same from render to render. */
export type WarmAgentSession = SessionSnapshot &
  Pick<WarmSession, 'fetch' | 'warm' | 'close' | 'handoff' | 'getHeaders'>

/** What one component sees of a session: it is told of changes to what it has read, and of nothing else. */
export function createSessionView({ store, fetch, warm, close, handoff, getHeaders }: WarmSession) {
  const read = new Set<keyof WarmAgentSession>()
  let seen = store.getState()
  return {
    /** @returns the same snapshot as before, unless something that was read has changed. */
    getState(): SessionSnapshot {
      const next = store.getState()
      if ([...read].some(name => Reflect.get(next, name) !== Reflect.get(seen, name))) seen = next
      return seen
    },
    /** A field that is read for the first time may be old; then React sees it when it has rendered, and renders again. */
    read: (snapshot: SessionSnapshot): WarmAgentSession =>
      new Proxy(
        { ...snapshot, fetch, warm, close, handoff, getHeaders },
        {
          get(session, name: keyof WarmAgentSession) {
            read.add(name)
            return session[name]
          },
        },
      ),
  }
}
