import type { WarmSession, WarmSessionOptions } from '@warm-agent/client'
import { useContext, useEffect, useInsertionEffect, useMemo, useSyncExternalStore } from 'react'
import { createSessionView, type WarmAgentSession } from './session-view.ts'
import { createSessionUser, type SessionUser, sessionKey } from './shared-session.ts'
import { WarmAgentContext } from './warm-agent-provider.ts'

/**
 * Holds a warm agent session while the component is mounted, and renders it anew when something changes that it read.
 *
 * Components that name the same `endpoint`, `agent` and `user` share one session; it closes a second after the last has gone.
 * `headers`, `fetch`, `onEvent`, `enabled`, `warmOn` and `target` may change with every render; everything else counts once.
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
  const view = useMemo(() => createSessionView(session), [session])
  const trigger = own.enabled === false ? 'manual' : own.warmOn

  useInsertionEffect(() => {
    if (!borrowed) (session as SessionUser).options = own
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: a target is a function, new with every render; it is called when it is needed
  useEffect(() => session.mount(trigger, own.target), [session, trigger, !own.target])

  return view.read(useSyncExternalStore(view.subscribe, view.getState, session.store.getInitialState))
}
