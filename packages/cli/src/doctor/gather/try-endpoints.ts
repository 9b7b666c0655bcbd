import { randomUUID } from 'node:crypto'
import { type AgentRuntime, RuntimeFailure, type RuntimeSession } from '@warm-agent/proxy'
import type { Refusal } from '../finding.ts'
import type { RetriedCalls } from './retried-calls.ts'
import { tryWarmUps, type WarmTrial } from './warm-trial.ts'

/** Warms a session on each endpoint: once, but the first that succeeds three times, to see how the agent answers. */
export async function tryEndpoints(
  runtime: AgentRuntime,
  calls: RetriedCalls,
  qualifiers: readonly string[],
  step: (text: string) => void,
): Promise<WarmTrial[]> {
  const trials: WarmTrial[] = []
  for (const qualifier of qualifiers) {
    step(`warming a session on ${qualifier}`)
    const isFirst = !trials.some(({ refusal }) => !refusal)
    trials.push(await tryWarmUps(runtime, calls, newSession(qualifier), isFirst ? 3 : 1))
  }
  return trials
}

/** Finds out whether we may call, without starting anything: stopping a session that does not exist costs nothing. */
export async function tryStops(runtime: AgentRuntime, qualifiers: readonly string[]): Promise<WarmTrial[]> {
  return Promise.all(
    qualifiers.map(async qualifier => {
      const session = newSession(qualifier)
      const refusal = await runtime.stop(session).then(() => undefined, refusalOf)
      return { session, tries: [], refusal }
    }),
  )
}

function newSession(qualifier: string): RuntimeSession {
  return { id: `doctor-${randomUUID()}`, qualifier }
}

function refusalOf(error: Error): Refusal {
  return { reason: error instanceof RuntimeFailure ? error.reason : 'timeout', said: error.message }
}
