import type { LatencyBudget } from './latency-budget.ts'
import type { Observation } from './observation.ts'

export interface Answered extends Observation {
  budget: LatencyBudget
  /** Tokens per second from the first to the last; `null` of a single one. */
  tokensPerSecond: number | null
}

/** A message without an answer. */
interface Failed {
  dueAtMs: number
  lateMs: number
  /** The error's name or code: `RetryableConflictException`, `agent_unavailable`, `timeout`. */
  error: string
  /** When it failed. */
  failedMs: number
}

export type Sample = Answered | Failed

export function isAnswered(sample: Sample): sample is Answered {
  return !('error' in sample)
}
