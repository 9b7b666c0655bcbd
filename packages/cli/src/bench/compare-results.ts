import { type BenchResult, shares } from './bench-result.ts'
import { compareFailures, type FailureChange } from './compare-failures.ts'
import { compareSamples, type Difference, familyConfidence } from './compare-samples.ts'
import { isAnswered } from './sample.ts'
import { type ScenarioName, scenarioNames } from './scenarios.ts'

export interface Comparison {
  /** The first of these that holds in any scenario: an agent that fails more often is not called faster. */
  verdict: 'more-failures' | 'slower' | 'fewer-failures' | 'faster' | 'unclear'
  /** How sure it is that all verdicts hold together. */
  confidence: number
  scenarios: {
    scenario: ScenarioName
    /** Messages that were answered, and that failed. */
    before: { answered: number; failed: number }
    after: { answered: number; failed: number }
    failures: FailureChange
    /** Of the answered ones; empty when one side has none. */
    differences: Difference[]
  }[]
  /** Scenarios that only one of the two has. */
  notCompared: ScenarioName[]
  /** Settings that differ, and may be the cause of a change. */
  differentSetup: string[]
}

/** Fixed, so that the same two results always give the same comparison. */
const seed = 1

/** Whether failures and the time to the first token changed, scenario by scenario, percentile by percentile. */
export function compareResults(before: BenchResult, after: BenchResult): Comparison {
  const common = scenarioNames.filter(name => before.scenarios[name] && after.scenarios[name])
  const confidence = 0.95
  // In each scenario one comparison for every percentile, and one for the failures.
  const each = familyConfidence(confidence, common.length * (Object.keys(shares).length + 1))
  const scenarios = common.map(scenario => {
    const [first, second] = [firstTokens(before, scenario), firstTokens(after, scenario)]
    const sides = {
      before: { answered: first.length, failed: failed(before, scenario) },
      after: { answered: second.length, failed: failed(after, scenario) },
    }
    const options = { shares: Object.values(shares), confidence: each, seed }
    return {
      scenario,
      ...sides,
      failures: compareFailures(outOfAll(sides.before), outOfAll(sides.after), each),
      differences: first.length > 0 && second.length > 0 ? compareSamples(first, second, options) : [],
    }
  })
  return {
    verdict: verdictOf(scenarios),
    confidence,
    scenarios,
    notCompared: scenarioNames.filter(name => Boolean(before.scenarios[name]) !== Boolean(after.scenarios[name])),
    differentSetup: differentSettings(before, after),
  }
}

function verdictOf(scenarios: Comparison['scenarios']): Comparison['verdict'] {
  const failures = scenarios.map(({ failures: { verdict } }) => verdict)
  const times = scenarios.flatMap(({ differences }) => differences.map(({ verdict }) => verdict))
  if (failures.includes('more')) return 'more-failures'
  if (times.includes('slower')) return 'slower'
  if (failures.includes('fewer')) return 'fewer-failures'
  return times.includes('faster') ? 'faster' : 'unclear'
}

function outOfAll({ answered, failed: count }: { answered: number; failed: number }) {
  return { failed: count, messages: answered + count }
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
