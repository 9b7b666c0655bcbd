import type { WarmSession } from '@warm-agent/client'
import { createContext, createElement, type ReactNode, useEffect } from 'react'

export const WarmAgentContext = createContext<WarmSession | undefined>(undefined)

/** Lends one session to every {@link useWarmAgentSession} below that is called without options, and keeps it mounted. */
export function WarmAgentProvider({ session, children }: { session: WarmSession; children?: ReactNode }) {
  useEffect(() => session.mount(), [session])
  return createElement(WarmAgentContext.Provider, { value: session }, children)
}
