import type { AgentRuntime } from './agent-runtime.ts'

/**
 * @returns a short word for {@link AgentRuntime.identity}: tickets stay short, and tell nothing of the account.
 * @note FNV-1a. The identities are the operator's own, so nobody looks for two that fall together.
 */
export function runtimeTag({ identity }: AgentRuntime): string | undefined {
  if (identity === undefined) return undefined
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(identity)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0).toString(36)
}
