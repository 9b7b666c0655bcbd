import type { SessionSnapshot, WarmSession, WarmSessionOptions } from '@warm-agent/client'
import { useContext, useEffect, useInsertionEffect, useMemo, useSyncExternalStore } from 'react'
import { createSessionUser, type SessionUser, sessionKey } from './shared-session.ts'
import { WarmAgentContext } from './warm-agent-provider.ts'

/** What {@link useWarmAgentSession} gives. The functions stay the same from render to render. */
export type WarmAgentSession = SessionSnapshot & Pick<WarmSession, 'fetch' | 'warm' | 'close'>

/**
 * Holds a warm agent session while the component is mounted.
 *
 * Components that name the same `endpoint` and `agent` share one session; it closes a second after the last has gone.
 * `headers`, `fetch` and `onEvent` may change with every render; `transport` and `environment` count once.
 *
 * @param options Those of `createWarmSession`, or a session of your own.
 * Without any: the provider's session, or one at the default endpoint.
 */
export function useWarmAgentSession(options?: WarmSessionOptions | { session: WarmSession }): WarmAgentSession {
  const provided = useContext(WarmAgentContext)
  const borrowed = options ? 'session' in options && options.session : provided
  const own = (borrowed ? {} : (options ?? {})) as WarmSessionOptions
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is what tells sessions apart; all else is kept fresh below
  const session = useMemo(() => borrowed || createSessionUser(own), [borrowed, sessionKey(own)])

  useInsertionEffect(() => {
    if (!borrowed) (session as SessionUser).options = own
  })
  useEffect(() => session.mount(own.warmOn), [session, own.warmOn])

  const { store, fetch, warm, close } = session
  return { ...useSyncExternalStore(store.subscribe, store.getState, store.getInitialState), fetch, warm, close }
}
