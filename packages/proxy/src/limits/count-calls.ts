import type { AgentRuntime } from '../agent-runtime.ts'

/**
 * The runtime, with `noteCall` told of every call that no {@link Limiter} gave leave for: messages, stops, and what is
 * tried again. The first attempt of a warm-up or beat was counted when it was admitted.
 */
export function countCalls(runtime: AgentRuntime, noteCall: () => void): AgentRuntime {
  /** All attempts of one call share a signal. */
  const tried = new WeakSet<AbortSignal>()
  const counted: Partial<AgentRuntime> = {
    invoke(session, request, signal, credentials) {
      if (!request.isWarmUp || tried.has(signal)) noteCall()
      else tried.add(signal)
      return runtime.invoke(session, request, signal, credentials)
    },
    stop(session, signal, credentials) {
      noteCall()
      return runtime.stop(session, signal, credentials)
    },
  }
  // Not a copy: a runtime may be an object with private parts.
  return new Proxy(runtime, {
    get(target, name) {
      if (name in counted) return Reflect.get(counted, name)
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
