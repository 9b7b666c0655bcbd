import type { FailureChange } from './compare-failures.ts'
import type { Comparison } from './compare-results.ts'
import type { Difference } from './compare-samples.ts'

const summaries: Readonly<Record<Comparison['verdict'], string>> = {
  'more-failures': 'Worse: more messages fail, and that change is real.',
  slower: 'Slower: at least one change is real.',
  'fewer-failures': 'Better: fewer messages fail, that change is real, and nothing became slower.',
  faster: 'Faster: at least one change is real, and nothing became slower.',
  unclear: 'No real change was found.',
}

const failureTexts: Readonly<Record<FailureChange['verdict'], string>> = {
  more: 'more failures',
  fewer: 'fewer failures',
  unclear: 'no real change',
}

/** A comparison for a terminal. */
export function toComparisonText({ scenarios, verdict, confidence, notCompared, differentSetup }: Comparison): string {
  const lines = scenarios.flatMap(({ scenario, before, after, failures, differences }) => [
    `${scenario} (${before.answered} and ${after.answered} messages, ${before.failed} and ${after.failed} failed), time to first token`,
    ...differences.map(differenceLine),
    ...(differences.length > 0 ? [] : ['  nothing to compare: one side has no answer']),
    ...(before.failed + after.failed > 0 ? [failureLine(before, after, failures)] : []),
  ])
  const warnings = [
    notCompared.length > 0 && `Only one of the two has ${notCompared.join(', ')}.\n`,
    differentSetup.length > 0 && `The set-ups differ in ${differentSetup.join(', ')}.\n`,
  ].filter(Boolean)
  return `${lines.join('\n')}\n${warnings.join('')}${summaries[verdict]} All verdicts hold at once in ${confidence * 100} % of the cases (bootstrap, Fisher's exact test, Bonferroni).\n`
}

function differenceLine({ share, beforeMs, afterMs, ratio, low, high, isThin, verdict }: Difference): string {
  const name = `p${Math.round(share * 100)}`
  const times = `${beforeMs.toFixed(0)} → ${afterMs.toFixed(0)} ms`
  const change = `${percent(ratio)} (${percent(low)} to ${percent(high)})`
  const text = isThin ? 'too few samples to tell' : verdict === 'unclear' ? 'no real change' : verdict
  return line(name, times, change, text)
}

function failureLine(
  before: Comparison['scenarios'][number]['before'],
  after: Comparison['scenarios'][number]['after'],
  { chance, verdict }: FailureChange,
): string {
  const count = ({ answered, failed }: typeof before) => `${failed} of ${answered + failed}`
  const byChance = `by chance: ${chance < 0.0001 ? 'less than 0.01' : (chance * 100).toFixed(2)} %`
  return line('failed', `${count(before)} → ${count(after)}`, byChance, failureTexts[verdict])
}

function line(name: string, values: string, change: string, text: string): string {
  return `  ${name.padEnd(6)}  ${values.padEnd(20)} ${change.padEnd(34)} ${text}`
}

function percent(ratio: number): string {
  const change = (ratio - 1) * 100
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(1)} %`
}
