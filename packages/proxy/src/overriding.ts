import type { AgentRuntime } from './agent-runtime.ts'

/**
 * @returns the runtime with some methods replaced.
 * @note Not a copy: a runtime may have getters, private parts, and methods that need their `this`.
 */
export function overriding(runtime: AgentRuntime, methods: Partial<AgentRuntime>): AgentRuntime {
  return new Proxy(runtime, {
    get(target, name) {
      if (name in methods) return Reflect.get(methods, name)
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
