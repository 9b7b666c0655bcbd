import { type AgentRuntime, type RuntimeSession, stopSession } from '@warm-agent/proxy'
import { overriding } from '@warm-agent/proxy/runtime-kit'
import { neverStarted } from '../../never-started.ts'

/** The sessions that this examination started: AgentCore cannot list them, and what is not stopped costs until it idles out. */
export interface OwnSessions {
  /** The runtime. Every session that it is called for is put on the list. */
  runtime: AgentRuntime
  /** Stops all of them, as soon as the platform allows it. @returns how many could not be stopped. */
  stopAll(): Promise<number>
}

/** A session that is being provisioned is stopped when that ends: up to 30 s, on V1. */
const stopMs = 45_000

export function createOwnSessions(runtime: AgentRuntime): OwnSessions {
  const started = new Set<RuntimeSession>()
  return {
    runtime: overriding(runtime, {
      async invoke(session, ...rest) {
        // Before the answer, so that an interruption also stops a session that is still starting.
        const isNew = !started.has(session)
        started.add(session)
        try {
          return await runtime.invoke(session, ...rest)
        } catch (error) {
          if (isNew && neverStarted(error)) started.delete(session)
          throw error
        }
      },
    }),
    async stopAll() {
      const stopped = await Promise.allSettled([...started].map(session => stopSession(runtime, session, stopMs)))
      started.clear()
      return stopped.filter(({ status }) => status === 'rejected').length
    },
  }
}
