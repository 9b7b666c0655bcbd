import type { SessionSnapshot, WarmSession } from '@warm-agent/client'
import type { SessionUser } from './shared-session.ts'

/** What `useWarmAgentSession` gives. The functions stay the same as long as `endpoint`, `agent` and `user` do. */
export type WarmAgentSession = SessionSnapshot &
  Pick<WarmSession, 'fetch' | 'warm' | 'close' | 'handoff' | 'getHeaders'>

/** What one component sees of a session: it is told of changes to what it has read, and of nothing else. */
export function createSessionView({ store, mount: _, options: __, ...actions }: WarmSession & Partial<SessionUser>) {
  const read = new Set<keyof WarmAgentSession>()
  let seen: Partial<WarmAgentSession> = store.getState()
  let tell: (() => void) | undefined
  return {
    subscribe(listener: () => void) {
      tell = listener
      return store.subscribe(listener)
    },
    /** @returns the same snapshot as before, unless something that was read has changed. */
    getState(): SessionSnapshot {
      const next: Partial<WarmAgentSession> = store.getState()
      if ([...read].some(name => next[name] !== seen[name])) seen = next
      return seen as SessionSnapshot
    },
    /** A field that is read for the first time may be old: React is told to look again when it has rendered. */
    read: (snapshot: SessionSnapshot): WarmAgentSession =>
      new Proxy(
        { ...snapshot, ...actions },
        {
          get(session, name: keyof WarmAgentSession) {
            if (tell && !read.has(name)) queueMicrotask(tell)
            read.add(name)
            return session[name]
          },
        },
      ),
  }
}
