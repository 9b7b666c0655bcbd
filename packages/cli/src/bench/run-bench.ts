import { setMaxListeners } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Footprint } from './bench-cost.ts'
import { type BenchResult, type ScenarioResult, summarise } from './bench-result.ts'
import { createSpending } from './create-spending.ts'
import { ascending, quantile } from './percentiles.ts'
import { startRig, type Target } from './rig.ts'
import { runScenario, type ScenarioRun } from './run-scenario.ts'
import type { Sample } from './sample.ts'
import { type ScenarioName, scenarioPlans } from './scenarios.ts'

export interface BenchPlan
  extends Pick<ScenarioRun, 'load' | 'messages' | 'seed' | 'message' | 'delayMs' | 'leadMs' | 'timeoutMs' | 'signal'> {
  target: Target
  scenarios: readonly ScenarioName[]
  footprint: Footprint
  /** No visit begins that could cost more than this in all. `undefined`: no limit. */
  maxDollars: number | undefined
  onScenario(name: ScenarioName): void
  onSample(name: ScenarioName, sample: Sample): void
}

export type Measured = Pick<BenchResult, 'endedBy' | 'scenarios' | 'generator'> & {
  cost: Pick<BenchResult['cost'], 'dollars' | 'sessions' | 'heldSeconds' | 'notStopped'>
}

/** Runs the scenarios one after the other, each on a rig of its own. What was measured until it ended is the result. */
export async function runBench(plan: BenchPlan): Promise<Measured> {
  const { signal, footprint, maxDollars = Number.POSITIVE_INFINITY, leadMs } = plan
  // Each visit in flight listens to it.
  setMaxListeners(0, signal)
  const eventLoop = monitorEventLoopDelay({ resolution: 5 })
  const scenarios: Partial<Record<ScenarioName, ScenarioResult>> = {}
  const lateMs: number[] = []
  const spending = createSpending(footprint, maxDollars, leadMs)
  let notStopped = 0

  for (const name of plan.scenarios) {
    if (signal.aborted || spending.isOver()) break
    const rig = await startRig(plan.target, scenarioPlans[name].path === 'pool' ? poolSizeFor(plan) : 0)
    const samples: Sample[] = []
    plan.onScenario(name)
    eventLoop.enable()
    try {
      await runScenario(rig, {
        ...plan,
        scenario: name,
        mayBegin: () => !signal.aborted && spending.mayBegin(rig.books.totals()),
        onSample(sample) {
          samples.push(sample)
          lateMs.push(sample.lateMs)
          plan.onSample(name, sample)
        },
      })
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      eventLoop.disable()
      notStopped += await rig.close()
      spending.add(rig.books.totals())
      if (samples.length > 0) scenarios[name] = summarise(name, samples)
    }
  }
  const { sessions, heldMs, dollars } = spending.totals()
  return {
    endedBy: signal.aborted ? 'signal' : spending.isOver() ? 'max-cost' : null,
    scenarios,
    generator: {
      lateP99Ms: lateMs.length > 0 ? quantile(ascending(lateMs), 0.99) : 0,
      eventLoopDelayP99Ms: eventLoop.count > 0 ? eventLoop.percentile(99) / 1e6 : 0,
    },
    cost: { dollars, sessions, heldSeconds: heldMs / 1_000, notStopped },
  }
}

/**
 * Enough sessions for the visitors who come while the pool warms new ones: in a closed loop two for each visitor, in an open
 * one those of 5 s, and three standard deviations more for chance.
 */
function poolSizeFor({ load }: BenchPlan): number {
  if (load.kind === 'closed') return load.concurrency * 2
  const missing = load.perSecond * 5
  return Math.ceil(missing + 3 * Math.sqrt(missing)) + 1
}
