import {
  createWarmSession,
  initialState,
  toSnapshot,
  type WarmSession,
  type WarmSessionOptions,
} from '@warm-agent/client'
import { defaultBasePath } from '@warm-agent/protocol'

/** A session that components share, because they named the same agent. */
interface Shared {
  session: WarmSession
  mounted: number
  /** Whose options count, the latest comer last. The last one to leave stays: its headers close the session. */
  users: Set<SessionUser>
}

/** A component's own view of a shared session: the same shape, made while rendering, without any effect until it is used. */
export interface SessionUser extends WarmSession {
  options: WarmSessionOptions
}

const sharedSessions = new Map<string, Shared>()

const initialSnapshot = toSnapshot(initialState)

export function sessionKey({ endpoint = defaultBasePath, agent, user }: WarmSessionOptions): string {
  return `${endpoint} ${agent} ${user}`
}

export function createSessionUser(options: WarmSessionOptions): SessionUser {
  const key = sessionKey(options)
  // Looked up at each use: a session that was closed because nobody used it any more is made anew.
  const live = () => sharedSessions.get(key) ?? share(key, user)
  const call = <Name extends 'fetch' | 'warm' | 'close' | 'handoff' | 'getHeaders'>(name: Name) =>
    ((...given: []) => (live().session[name] as (...given: []) => unknown)(...given)) as WarmSession[Name]
  const user: SessionUser = {
    options,
    store: {
      getState: () => sharedSessions.get(key)?.session.store.getState() ?? initialSnapshot,
      getInitialState: () => initialSnapshot,
      subscribe: listener => live().session.store.subscribe(listener),
    },
    fetch: call('fetch'),
    warm: call('warm'),
    close: call('close'),
    handoff: call('handoff'),
    getHeaders: call('getHeaders'),
    mount(trigger = 'open', target) {
      const shared = live()
      const { session, users } = shared
      shared.mounted++
      users.delete(user)
      users.add(user)
      const leave = session.mount(trigger, target && (() => user.options.target?.()))
      return () => {
        shared.mounted--
        if (users.size > 1) users.delete(user)
        leave()
      }
    },
  }
  return user
}

function share(key: string, first: SessionUser): Shared {
  const users = new Set([first])
  const latest = <Name extends keyof WarmSessionOptions>(name: Name) =>
    [...users].findLast(({ options }) => options[name])?.options[name]
  const shared = {
    users,
    mounted: 0,
    session: createWarmSession({
      ...first.options,
      headers() {
        const headers = latest('headers')
        return (typeof headers === 'function' ? headers() : headers) ?? {}
      },
      fetch: (input, init) => (latest('fetch') ?? fetch)(input, init),
      onEvent(event) {
        // A session that closes late may have a successor already.
        const isCurrent = sharedSessions.get(key) === shared
        if (event.type === 'session-closed' && !shared.mounted && isCurrent) sharedSessions.delete(key)
        latest('onEvent')?.(event)
      },
    }),
  }
  sharedSessions.set(key, shared)
  return shared
}
