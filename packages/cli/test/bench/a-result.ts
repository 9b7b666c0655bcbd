import { type BenchResult, methods, summarise } from '../../src/bench/bench-result.ts'
import { latencyBudget } from '../../src/bench/latency-budget.ts'
import type { Observation } from '../../src/bench/observation.ts'
import type { Answered } from '../../src/bench/sample.ts'
import type { ScenarioName } from '../../src/bench/scenarios.ts'

/** One message as a bench sees it; the first token is at `firstTokenMs`. */
export function aSample(firstTokenMs: number, more: Partial<Observation> = {}): Answered {
  const seen: Observation = {
    dueAtMs: 0,
    lateMs: 0,
    headersMs: firstTokenMs - 1,
    firstTokenMs,
    lastTokenMs: firstTokenMs + 40,
    tokens: 5,
    outcome: 'cold',
    proxy: { joinMs: 0, agentMs: firstTokenMs - 3 },
    handler: { initialiseMs: 2, firstOutputMs: 20, exitMs: 60 },
    warmUp: null,
    ...more,
  }
  return { ...seen, budget: latencyBudget(seen), tokensPerSecond: 100 }
}

/** A result with these times to the first token. */
export function aResult(
  times: Partial<Record<ScenarioName, readonly number[]>>,
  setup: Partial<BenchResult['setup']> = {},
): BenchResult {
  const scenarios = Object.entries(times).map(([name, each]) => [
    name,
    summarise(
      name as ScenarioName,
      each.map(ms => aSample(ms, { outcome: name })),
    ),
  ])
  return {
    format: 'warm-agent-bench/1',
    date: '2026-11-22T00:00:00.000Z',
    endedBy: null,
    command: 'npx warm-agent bench --seed 1',
    setup: {
      target: 'emulator',
      arn: 'an emulated agent',
      boot: 'fixed:1',
      load: { kind: 'closed', concurrency: 1 },
      messages: 1,
      seed: 1,
      delayMs: 1,
      leadMs: 1,
      rehearsals: 1,
      message: '{}',
      node: 'v20',
      cores: 2,
      ...methods,
      ...setup,
    },
    scenarios: Object.fromEntries(scenarios),
    cost: { platform: 'v2', gb: 1.2, dollars: 0.01, sessions: 3, heldSeconds: 9, notStopped: 0, pricesOf: '2026-09' },
    generator: { lateP99Ms: 1, eventLoopDelayP99Ms: 6 },
  }
}
