import { confirm } from '../confirm.ts'
import { estimateDollars } from './bench-cost.ts'
import type { BenchSettings } from './bench-settings.ts'

/**
 * Asks before money is spent. An emulator spends none.
 *
 * @throws UsageError when the answer is no, or nobody is there to give one.
 */
export async function confirmSpending(settings: BenchSettings): Promise<void> {
  const { isFree, isConfirmed, scenarios, messages, footprint, maxDollars } = settings
  if (isFree || isConfirmed) return
  const dollars = Math.min(estimateDollars(settings, footprint), maxDollars ?? Number.POSITIVE_INFINITY)
  // Rounded up: nothing on AWS is free.
  const cents = Math.ceil(dollars * 100)
  const sessions = scenarios.length * (messages + 1)
  await confirm({
    task: 'start the bench',
    facts: `This starts up to ${sessions} sessions on AWS and costs at most about $${(cents / 100).toFixed(2)}, besides what your agent's own calls cost.`,
    question: 'Go on?',
    flags: '--yes',
  })
}
