import { availableParallelism } from 'node:os'
import { pricesCheckedOn } from '@warm-agent/protocol/prices'
import { type BenchResult, methods } from '../bench/bench-result.ts'
import { readBenchSettings } from '../bench/bench-settings.ts'
import { checkReachable } from '../bench/check-reachable.ts'
import { compareCommand } from '../bench/compare-command.ts'
import { confirmSpending } from '../bench/confirm-spending.ts'
import { interruptible } from '../bench/interruptible.ts'
import { createProgress } from '../bench/progress.ts'
import { runBench } from '../bench/run-bench.ts'
import { rehearsals } from '../bench/run-scenario.ts'
import { prepareOutput, writeResult } from '../bench/write-result.ts'
import { counted } from '../counted.ts'
import { toTextTable } from '../report/text-table.ts'
import { withoutAccount } from '../without-account.ts'

/** What a bench that ran ends with; documented in the README of this package. */
const exitStatus = { done: 0, notStopped: 1, notWritten: 1, cutShort: 3, nothingAnswered: 4, interrupted: 130 }

/** `warm-agent bench` */
export async function bench(args: string[]): Promise<number> {
  if (args.includes('--compare')) return compareCommand(args)
  const settings = readBenchSettings(args)
  if (!settings) return exitStatus.done
  await prepareOutput(settings.out)
  await confirmSpending(settings)
  await checkReachable(settings.target)
  const progress = createProgress(settings)
  const { signal, release } = interruptible()
  const measured = await runBench({ ...settings, ...progress, signal }).finally(() => {
    release()
    progress.end()
  })
  const { load, messages, seed, delayMs, leadMs, message, footprint, target } = settings
  const result: BenchResult = {
    format: 'warm-agent-bench/1',
    date: new Date().toISOString(),
    endedBy: measured.endedBy,
    command: settings.command,
    setup: {
      target: settings.isFree ? 'emulator' : 'aws',
      arn: target.arn ? withoutAccount(target.arn) : 'an emulated agent',
      boot: target.emulate ? settings.bootText : null,
      load,
      messages,
      seed,
      delayMs,
      leadMs,
      rehearsals,
      message,
      node: process.version,
      cores: availableParallelism(),
      ...methods,
    },
    scenarios: measured.scenarios,
    cost: { ...footprint, ...measured.cost, pricesOf: footprint.prices ? 'yours' : pricesCheckedOn },
    generator: measured.generator,
  }
  process.stdout.write(toTextTable(result))
  const isWritten = await writeResult(settings.out, result)
  const status = statusOf(result)
  return isWritten ? status : exitStatus.notWritten
}

function statusOf({ endedBy, scenarios, cost }: BenchResult): number {
  if (cost.notStopped > 0) {
    process.stderr.write(
      `Could not stop ${counted(cost.notStopped, 'session')}: they cost until they idle out. Look at the agent runtime.\n`,
    )
    return exitStatus.notStopped
  }
  if (endedBy) return endedBy === 'signal' ? exitStatus.interrupted : exitStatus.cutShort
  // No answer in the naive scenario is a result, not a failure of the bench.
  const isMeasured = Object.entries(scenarios).every(([name, { firstToken }]) => firstToken || name === 'naive')
  return isMeasured ? exitStatus.done : exitStatus.nothingAnswered
}
