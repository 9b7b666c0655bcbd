import type { BenchResult, ScenarioResult } from '../bench/bench-result.ts'
import { isAnswered } from '../bench/sample.ts'
import { formatDuration, formatMs } from './format.ts'

/** The title of the report: what warming is worth. */
export function headline({ scenarios: { cold, warm, pool } }: BenchResult): string {
  const [before, after] = [median(cold), median(warm ?? pool)]
  if (before === undefined || after === undefined) return 'Time to the first token'
  return `First token, median: ${formatDuration(before)} cold → ${formatDuration(after)} pre-warmed`
}

/** What the numbers say, in words. */
export function findings({ scenarios }: BenchResult): string[] {
  const { cold, warm, joined, naive, steady, pool } = scenarios
  return [
    ratio(
      cold,
      warm ?? pool,
      (p50, p99) => `Pre-warmed is ${p50} times as fast as cold at the median, ${p99} times at p99.`,
    ),
    ratio(
      warm,
      steady,
      (p50, p99) =>
        `A warm first message takes ${p50} times what a running conversation takes at the median, ${p99} times at p99.`,
    ),
    warm && outcomeShare(warm, 'warm'),
    gain(cold, joined),
    naive && naiveFailures(naive),
  ].filter((text): text is string => Boolean(text))
}

function ratio(
  above: ScenarioResult | undefined,
  below: ScenarioResult | undefined,
  say: (p50: string, p99: string) => string,
): string | undefined {
  if (!above?.firstToken || !below?.firstToken) return undefined
  const [p50, p99] = (['p50', 'p99'] as const).map(share => {
    const times = (above.firstToken?.[share].value ?? 0) / (below.firstToken?.[share].value ?? 1)
    return times.toFixed(times < 10 ? 2 : 1)
  })
  return say(p50 ?? '', p99 ?? '')
}

function outcomeShare({ samples, messages }: ScenarioResult, outcome: string): string {
  const found = samples.filter(isAnswered).filter(sample => sample.outcome === outcome)
  const observed = found.filter(({ warmUp }) => warmUp?.evidence === 'observed').length
  const all = found.length === messages ? `All ${messages}` : `${found.length} of ${messages}`
  const seen = observed === found.length ? "by the agent's own echo" : `${observed} of them by the agent's own echo`
  return `${all} first messages after a warm-up found the microVM running, ${seen}.`
}

function gain(cold: ScenarioResult | undefined, joined: ScenarioResult | undefined): string | undefined {
  const [without, withJoin] = [median(cold), median(joined)]
  if (without === undefined || withJoin === undefined) return undefined
  return `A message that comes while the microVM boots joins it: at the median ${formatMs(without - withJoin)} ms earlier than cold.`
}

function naiveFailures({ failures, messages }: ScenarioResult): string {
  const failed = Object.values(failures).reduce((sum, times) => sum + times, 0)
  const why = Object.keys(failures).join(', ')
  return failed === 0
    ? `The usual snippet got all its ${messages} answers.`
    : `The usual snippet (an id and a ping on open) lost ${failed} of ${messages} first messages: ${why}.`
}

function median(result: ScenarioResult | undefined): number | undefined {
  return result?.firstToken?.p50.value
}
