import type { Footprint } from './bench-cost.ts'
import { type BudgetStage, budgetStages, startUpMs } from './latency-budget.ts'
import { ascending, type Percentile, percentile, quantile } from './percentiles.ts'
import type { Load } from './run-scenario.ts'
import { type Answered, isAnswered, type Sample } from './sample.ts'
import { type ScenarioName, scenarioPlans } from './scenarios.ts'

/** The percentiles of every table. There are no averages: no user waits for an average. */
export const shares = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const
export type ShareName = keyof typeof shares

/** Percentiles of one quantity, and the greatest sample. Milliseconds. */
export type Distribution = Record<ShareName, Percentile> & { max: number }

export interface ScenarioResult {
  description: string
  /** Messages that were due. */
  messages: number
  /** What the answered ones found. */
  outcomes: Record<string, number>
  /** Why the others have no answer. */
  failures: Record<string, number>
  /** From when the message was due to the first words of its answer; `null` when none was answered. */
  firstToken: Distribution | null
  /** From when the message was due to the end of its answer. */
  endToEnd: Distribution | null
  /** `firstToken` without the time that the agent's handler took for it; `null` when the agent keeps no stamps. */
  startUp: Distribution | null
  /** Tokens per second from the first to the last token: the median, and the first percentile, which is the slow end. */
  tokensPerSecond: { p50: number; p1: number } | null
  /** The median of each stage. Medians of stages do not add up to the median of the whole; the stages of one sample do. */
  budget: Record<BudgetStage, number> | null
  /** In the order in which they ended. */
  samples: Sample[]
}

export interface BenchResult {
  format: 'warm-agent-bench/1'
  date: string
  /** Why it ended early; `null` when it did not. */
  endedBy: 'signal' | 'max-cost' | null
  /** The command that runs it again. */
  command: string
  setup: {
    target: 'emulator' | 'aws'
    /** With the account left out. */
    arn: string
    boot: string | null
    load: Load
    messages: number
    seed: number
    delayMs: number
    leadMs: number
    rehearsals: number
    message: string
    node: string
    cores: number
    percentiles: string
    intervals: string
  }
  scenarios: Partial<Record<ScenarioName, ScenarioResult>>
  /** What the sessions cost on AWS, or would have cost there. */
  cost: Footprint & { dollars: number; sessions: number; heldSeconds: number; notStopped: number; pricesOf: string }
  /** Whether this machine could keep up: when it is late itself, it measures its own delay. */
  generator: { lateP99Ms: number; eventLoopDelayP99Ms: number }
}

/** How the numbers are computed, in words; part of every result. */
export const methods = {
  percentiles: 'of the raw samples, linear between neighbours (Hyndman and Fan type 7, as R, NumPy and spreadsheets)',
  intervals: '95 %, by order statistics (binomial); null where so few samples do not bound it',
}

export function summarise(scenario: ScenarioName, samples: readonly Sample[]): ScenarioResult {
  const answered = samples.filter(isAnswered)
  const stamped = answered.filter(({ handler }) => handler)
  const rates = ascending(answered.flatMap(({ tokensPerSecond }) => tokensPerSecond ?? []))
  return {
    description: scenarioPlans[scenario].description,
    messages: samples.length,
    outcomes: count(answered.map(({ outcome }) => outcome)),
    failures: count(samples.flatMap(sample => (isAnswered(sample) ? [] : sample.error))),
    firstToken: distribution(answered.map(({ firstTokenMs }) => firstTokenMs)),
    endToEnd: distribution(answered.map(({ lastTokenMs }) => lastTokenMs)),
    startUp: stamped.length === answered.length ? distribution(stamped.map(({ budget }) => startUpMs(budget))) : null,
    tokensPerSecond: rates.length > 0 ? { p50: quantile(rates, 0.5), p1: quantile(rates, 0.01) } : null,
    budget: answered.length > 0 ? medianBudget(answered) : null,
    samples: [...samples],
  }
}

/** @returns `null` when there are no samples. */
function distribution(samples: readonly number[]): Distribution | null {
  if (samples.length === 0) return null
  const sorted = ascending(samples)
  const of = (name: ShareName) => percentile(sorted, shares[name])
  return { p50: of('p50'), p90: of('p90'), p95: of('p95'), p99: of('p99'), max: sorted.at(-1) ?? Number.NaN }
}

function medianBudget(answered: readonly Answered[]): Record<BudgetStage, number> {
  const median = (stage: BudgetStage) => quantile(ascending(answered.map(({ budget }) => budget[stage])), 0.5)
  return Object.fromEntries(budgetStages.map(stage => [stage, median(stage)])) as Record<BudgetStage, number>
}

function count(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
