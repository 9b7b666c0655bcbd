'use client'

export type { SessionEvent, SessionSnapshot, WarmSession, WarmSessionOptions } from '@warm-agent/client'
export type { WarmAgentSession } from './session-view.ts'
export { useWarmAgentSession } from './use-warm-agent-session.ts'
export { WarmAgentProvider } from './warm-agent-provider.ts'
