import type { Observation } from './observation.ts'

/** The stages of a request, in their order. */
export const budgetStages = ['late', 'client', 'join', 'platform', 'initialise', 'handler', 'stream'] as const
export type BudgetStage = (typeof budgetStages)[number]

/** Where the time of one request went, in milliseconds. The stages add up to its end-to-end time. */
export type LatencyBudget = Record<BudgetStage, number>

export const stageTexts: Readonly<Record<BudgetStage, { title: string; means: string }>> = {
  late: { title: 'before sending', means: 'due, but not sent yet' },
  client: { title: 'client ↔ proxy', means: 'network and proxy' },
  join: { title: 'join', means: 'waiting for the warm-up in flight' },
  platform: { title: 'platform', means: 'from the proxy to the handler and back: start-up of the microVM, if any' },
  initialise: { title: 'agent start', means: "the agent's own initialisation" },
  handler: { title: 'handler', means: 'from entry to first output' },
  stream: { title: 'stream', means: 'from first to last token' },
}

/**
 * Splits the time of one request. It compares durations only, each measured by one clock (of the client, the proxy or the
 * agent), so the clocks need not agree. Time that the agent did not stamp counts as the platform's.
 */
export function latencyBudget(seen: Observation): LatencyBudget {
  const { lateMs, headersMs, firstTokenMs, lastTokenMs, proxy, handler } = seen
  const join = proxy?.joinMs ?? 0
  const client = proxy ? atLeast0(headersMs - lateMs - join - proxy.agentMs) : 0
  const atAgentMs = atLeast0(firstTokenMs - lateMs - client - join)
  // The agent may have been at work on its first token while the answer before it was still on its way.
  const inHandlerMs = Math.min(handler?.firstOutputMs ?? 0, atAgentMs)
  const initialise = Math.min(handler?.initialiseMs ?? 0, inHandlerMs)
  return {
    late: lateMs,
    client,
    join,
    platform: atAgentMs - inHandlerMs,
    initialise,
    handler: inHandlerMs - initialise,
    stream: lastTokenMs - firstTokenMs,
  }
}

/** The time to the first token without the time that the handler took for it. */
export function startUpMs({ late, client, join, platform, initialise }: LatencyBudget): number {
  return late + client + join + platform + initialise
}

function atLeast0(ms: number): number {
  return Math.max(0, ms)
}
