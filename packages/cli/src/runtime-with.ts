import type { AgentRuntime } from '@warm-agent/proxy'

/** The runtime with other methods in place of some of its own. */
export function runtimeWith(runtime: AgentRuntime, methods: Partial<AgentRuntime>): AgentRuntime {
  // Not a copy: a runtime may have getters, private parts, and methods that need their `this`.
  return new Proxy(runtime, {
    get(target, name) {
      if (name in methods) return Reflect.get(methods, name)
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
