'use client'

export type { SessionEvent, SessionSnapshot, WarmSession, WarmSessionOptions } from '@warm-agent/client'
export { useWarmAgentSession, type WarmAgentSession } from './use-warm-agent-session.ts'
export { WarmAgentProvider } from './warm-agent-provider.ts'
