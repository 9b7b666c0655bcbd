import type { AgentAnswer, AgentRequest } from '@warm-agent/proxy'

/** What a call is about, as the platform names it. */
export interface Target {
  arn: string
  qualifier: string
  sessionId: string
}

/**
 * The two operations of the data plane. Each call is one attempt, but for a signature that comes at a wrong time; it rejects
 * with a RuntimeFailure or an AbortError.
 */
export interface PlatformCalls {
  invoke(target: Target, request: AgentRequest, signal: AbortSignal, bearer?: string): Promise<AgentAnswer>
  /** Rejects with the reason `missing` when the session had ended already. */
  stop(target: Target, signal: AbortSignal | undefined, bearer?: string): Promise<void>
}
