import type { AgentRuntime } from '../agent-runtime.ts'
import { overriding } from '../overriding.ts'

/**
 * The runtime, with `noteCall` told of every call that was not admitted: messages, stops, and what is tried again. The first
 * attempt of a warm-up or beat was counted when it was admitted.
 */
export function countCalls(runtime: AgentRuntime, noteCall: () => void): AgentRuntime {
  /** All attempts of one call share a signal. */
  const tried = new WeakSet<AbortSignal>()
  return overriding(runtime, {
    invoke(session, request, signal, credentials) {
      if (!request.isWarmUp || tried.has(signal)) noteCall()
      else tried.add(signal)
      return runtime.invoke(session, request, signal, credentials)
    },
    stop(session, signal, credentials) {
      noteCall()
      return runtime.stop(session, signal, credentials)
    },
  })
}
