import { randomUUID } from 'node:crypto'
import type { AgentRuntime, RuntimeSession } from '@warm-agent/proxy'
import type { HandlerTiming } from './observation.ts'

/** Asks the agent how long its last message took inside it. @returns `null` when the agent keeps no stamps. */
export async function askForStamps(runtime: AgentRuntime, session: RuntimeSession): Promise<HandlerTiming | null> {
  const body = new TextEncoder().encode(JSON.stringify({ type: 'warmup', nonce: randomUUID(), timings: true }))
  const request = { ...runtime.warmUpRequest(randomUUID()), body }
  try {
    const answer = await runtime.invoke(session, request, AbortSignal.timeout(10_000))
    const { timings } = JSON.parse(await new Response(answer.body).text()) as { timings?: HandlerTiming[] }
    return timings?.at(-1) ?? null
  } catch {
    // An agent without `@warm-agent/agent` answers something else. Its time is then counted as the platform's.
    return null
  }
}
