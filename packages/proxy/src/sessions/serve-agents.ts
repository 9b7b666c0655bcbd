import type { AgentRuntime } from '../agent-runtime.ts'
import type { ProxyLimits } from '../proxy-options.ts'
import { runtimeTag } from '../runtime-tag.ts'
import { createSessionMaker } from '../session-maker.ts'
import type { SessionPool } from '../session-pool.ts'
import type { ServedAgent } from './session-context.ts'

/** A beat comes after this share of the idle timeout: one that is lost or late still leaves room for the next. */
const beatShare = 0.6

/** @returns the agents by name, each with the rules of its runtime and its own turn of endpoints. */
export function serveAgents(
  runtimes: Readonly<Record<string, AgentRuntime>>,
  pools: Readonly<Record<string, SessionPool | undefined>>,
  { beatMs, unsentHoldMs }: Pick<ProxyLimits, 'beatMs' | 'unsentHoldMs'>,
): ReadonlyMap<string, ServedAgent> {
  return new Map(
    Object.entries(runtimes).map(([name, runtime]) => {
      const { idleTimeoutMs, maxLifetimeMs } = runtime
      return [
        name,
        {
          name,
          runtime,
          runtimeTag: runtimeTag(runtime),
          pool: pools[name],
          rules: { idleTimeoutMs, maxLifetimeMs, unsentHoldMs, beatMs: beatMs ?? idleTimeoutMs * beatShare },
          ...createSessionMaker(runtime),
        },
      ]
    }),
  )
}
