// Soaks a fleet: `npm run soak -- --minutes 10 --browsers 5000 --seed 7`. Exit status 1 when an invariant broke, 2 when
// an option makes no sense or the fleet could not be run.
import { interruptible } from '../../packages/cli/src/bench/interruptible.ts'
import { describeProgress, describeRun } from './describe-run.ts'
import { drawPlan } from './fleet-plan.ts'
import { judgeFleet } from './judge-fleet.ts'
import type { Observations } from './observations.ts'
import { runFleet } from './run-fleet.ts'
import { readSoakOptions, usage } from './soak-options.ts'

process.exitCode = await soak(process.argv.slice(2))

async function soak(args: string[]): Promise<number> {
  let options: ReturnType<typeof readSoakOptions>
  try {
    options = readSoakOptions(args)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return 2
  }
  if (!options) {
    process.stdout.write(usage)
    return 0
  }
  const plan = drawPlan(options)
  const { signal, release } = interruptible('the verdict on what was seen')
  let seen: Observations
  try {
    seen = await runFleet(plan, {
      redisServerPath: process.env.REDIS_SERVER_PATH ?? 'redis-server',
      interrupted: signal,
      onProgress: progress => process.stderr.write(`${describeProgress(progress, plan)}\n`),
    })
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return 2
  }
  const isPartial = signal.aborted
  release()
  const judged = judgeFleet(seen, plan, { isPartial })
  if (isPartial) process.stdout.write('Interrupted: the verdict is on what was seen until then.\n')
  process.stdout.write(`${describeRun(seen, judged, plan)}\n`)
  return judged.isGood ? 0 : 1
}
