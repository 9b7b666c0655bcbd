import type { ScenarioResult } from '../../packages/cli/src/bench/bench-result.ts'
import { ascending, quantile } from '../../packages/cli/src/bench/percentiles.ts'
import { isAnswered } from '../../packages/cli/src/bench/sample.ts'
import type { ScenarioName } from '../../packages/cli/src/bench/scenarios.ts'
import { atLeast, atMost, type Goal, within } from './goals.ts'

/** The goals that the article's table is measured by, all of them ratios within one run. */
export function firstMessageGoals(
  scenarios: Partial<Record<ScenarioName, ScenarioResult>>,
  { conversations, typingMs }: { conversations: number; typingMs: number },
): Goal[] {
  const times = (name: ScenarioName) =>
    ascending((scenarios[name]?.samples ?? []).filter(isAnswered).map(({ firstTokenMs }) => firstTokenMs))
  const ratio = (above: ScenarioName, below: ScenarioName, share: number) =>
    quantile(times(above), share) / quantile(times(below), share)
  const observed = (scenarios.warm?.samples ?? []).filter(
    sample => isAnswered(sample) && sample.outcome === 'warm' && sample.warmUp?.evidence === 'observed',
  )
  // Both scenarios drew the same boots, so the nth fastest of one is the nth fastest of the other.
  const [cold, joined] = [times('cold'), times('joined')]
  const earlierMs = cold.map((ms, index) => ms - (joined[index] ?? Number.NaN))
  return [
    atMost('warm first message to steady state, p50', 1.1, ratio('warm', 'steady', 0.5)),
    atMost('warm first message to steady state, p99', 1.1, ratio('warm', 'steady', 0.99)),
    atLeast('cold to warm first message, p50', 14, ratio('cold', 'warm', 0.5)),
    atLeast('cold to warm first message, p99', 9, ratio('cold', 'warm', 0.99)),
    atLeast('share of first messages after the warm-up that were observed warm', 1, observed.length / conversations),
    atLeast('joined earlier than cold, the worst of all ranks, ms', 0, Math.min(...earlierMs)),
    within(
      'joined earlier than cold, median of all ranks, by the lead time',
      [0.95, 1.05],
      quantile(ascending(earlierMs), 0.5) / typingMs,
    ),
  ]
}
