import { type BenchResult, shares } from './bench-result.ts'
import { compareSamples, type Difference, familyConfidence } from './compare-samples.ts'
import { isAnswered } from './sample.ts'
import { type ScenarioName, scenarioNames } from './scenarios.ts'

export interface Comparison {
  /** `slower` when anything is, else `faster` when anything is. */
  verdict: 'slower' | 'faster' | 'unclear'
  /** That all intervals hold at once. */
  confidence: number
  scenarios: {
    scenario: ScenarioName
    /** Messages that were answered, and that failed. */
    before: { answered: number; failed: number }
    after: { answered: number; failed: number }
    differences: Difference[]
  }[]
  /** Settings that differ: then the change may be theirs. */
  differentSetup: string[]
}

/** The same bootstrap for the same two results. */
const seed = 1

/** Whether the time to the first token changed, scenario by scenario, percentile by percentile. */
export function compareResults(before: BenchResult, after: BenchResult): Comparison {
  const common = scenarioNames.filter(name => before.scenarios[name]?.firstToken && after.scenarios[name]?.firstToken)
  const confidence = 0.95
  const options = {
    shares: Object.values(shares),
    confidence: familyConfidence(confidence, common.length * Object.keys(shares).length),
    seed,
  }
  const scenarios = common.map(scenario => {
    const [first, second] = [firstTokens(before, scenario), firstTokens(after, scenario)]
    return {
      scenario,
      before: { answered: first.length, failed: failed(before, scenario) },
      after: { answered: second.length, failed: failed(after, scenario) },
      differences: compareSamples(first, second, options),
    }
  })
  const verdicts = scenarios.flatMap(({ differences }) => differences.map(({ verdict }) => verdict))
  return {
    verdict: verdicts.includes('slower') ? 'slower' : verdicts.includes('faster') ? 'faster' : 'unclear',
    confidence,
    scenarios,
    differentSetup: differentSettings(before, after),
  }
}

export function toComparisonText({ scenarios, verdict, confidence, differentSetup }: Comparison): string {
  const lines = scenarios.flatMap(({ scenario, before, after, differences }) => [
    `${scenario} (${before.answered} and ${after.answered} messages, ${before.failed} and ${after.failed} failed), time to first token`,
    ...differences.map(each => {
      const change = `${percent(each.ratio)} (${percent(each.low)} to ${percent(each.high)})`
      const name = `p${Math.round(each.share * 100)}`
      const times = `${each.beforeMs.toFixed(0)} → ${each.afterMs.toFixed(0)} ms`
      const verdictText = each.isThin
        ? 'too few samples to tell'
        : each.verdict === 'unclear'
          ? 'no real change'
          : each.verdict
      return `  ${name}  ${times.padEnd(18)} ${change.padEnd(34)} ${verdictText}`
    }),
  ])
  const summary = {
    slower: 'Slower: at least one change is real.',
    faster: 'Faster: at least one change is real, and nothing became slower.',
    unclear: 'No real change was found.',
  }[verdict]
  const warning = differentSetup.length > 0 ? `The set-ups differ in ${differentSetup.join(', ')}.\n` : ''
  return `${lines.join('\n')}\n${warning}${summary} All intervals hold at once in ${confidence * 100} % of the cases (bootstrap, Bonferroni).\n`
}

function firstTokens(result: BenchResult, scenario: ScenarioName): number[] {
  const samples = result.scenarios[scenario]?.samples ?? []
  return samples.filter(isAnswered).map(({ firstTokenMs }) => firstTokenMs)
}

function failed(result: BenchResult, scenario: ScenarioName): number {
  return Object.values(result.scenarios[scenario]?.failures ?? {}).reduce((sum, times) => sum + times, 0)
}

function differentSettings(before: BenchResult, after: BenchResult): string[] {
  const names = ['target', 'boot', 'load', 'delayMs', 'leadMs', 'message', 'cores'] as const
  return names.filter(name => JSON.stringify(before.setup[name]) !== JSON.stringify(after.setup[name]))
}

function percent(ratio: number): string {
  const change = (ratio - 1) * 100
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(1)} %`
}
