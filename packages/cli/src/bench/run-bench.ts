import { setMaxListeners } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Footprint, sessionDollars } from './bench-cost.ts'
import { ascending, type BenchResult, type ScenarioResult, summarise } from './bench-result.ts'
import { quantile } from './percentiles.ts'
import { type Rig, startRig, type Target } from './rig.ts'
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
  const { signal, footprint, maxDollars = Number.POSITIVE_INFINITY } = plan
  // As many visits listen as there are at a time.
  setMaxListeners(0, signal)
  const eventLoop = monitorEventLoopDelay({ resolution: 5 })
  const scenarios: Partial<Record<ScenarioName, ScenarioResult>> = {}
  const lateMs: number[] = []
  let before = { sessions: 0, heldMs: 0 }
  let notStopped = 0
  let isOverBudget = false

  let begun = 0

  const spent = (rig: Rig) => {
    const { sessions, heldMs, running } = rig.books.totals()
    // What runs, and the one that is to begin, will be held for a while yet.
    const reserve = sessionDollars({ sessions: 1, heldMs: (running + 1) * plan.leadMs }, footprint)
    // A visit that has begun will make its session, if it has not yet.
    const sum = { sessions: before.sessions + Math.max(sessions, begun), heldMs: before.heldMs + heldMs }
    return sessionDollars(sum, footprint) + reserve
  }

  for (const name of plan.scenarios) {
    if (signal.aborted || isOverBudget) break
    const rig = await startRig(plan.target, scenarioPlans[name].path === 'pool' ? poolSizeFor(plan) : 0)
    const samples: Sample[] = []
    begun = 0
    plan.onScenario(name)
    eventLoop.enable()
    try {
      await runScenario(rig, {
        ...plan,
        scenario: name,
        mayBegin() {
          isOverBudget ||= spent(rig) > maxDollars
          if (isOverBudget || signal.aborted) return false
          begun += 1
          return true
        },
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
      const { sessions, heldMs } = rig.books.totals()
      before = { sessions: before.sessions + sessions, heldMs: before.heldMs + heldMs }
      if (samples.length > 0) scenarios[name] = summarise(name, samples)
    }
  }
  return {
    endedBy: signal.aborted ? 'signal' : isOverBudget ? 'max-cost' : null,
    scenarios,
    generator: {
      lateP99Ms: lateMs.length > 0 ? quantile(ascending(lateMs), 0.99) : 0,
      eventLoopDelayP99Ms: eventLoop.count > 0 ? eventLoop.percentile(99) / 1e6 : 0,
    },
    cost: {
      dollars: sessionDollars(before, footprint),
      sessions: before.sessions,
      heldSeconds: before.heldMs / 1_000,
      notStopped,
    },
  }
}

/** Enough for the visitors that come while sessions are warmed anew: in an open loop those of 5 s and some for chance, in a closed one two for each visitor. */
function poolSizeFor({ load }: BenchPlan): number {
  if (load.kind === 'closed') return load.concurrency * 2
  const missing = load.perSecond * 5
  return Math.ceil(missing + 3 * Math.sqrt(missing)) + 1
}
