import { createInterface } from 'node:readline/promises'
import { UsageError } from '../usage-error.ts'
import { estimateDollars } from './bench-cost.ts'
import type { PlanSettings } from './read-plan.ts'

/**
 * Asks before money is spent. An emulator spends none.
 *
 * @throws UsageError when the answer is no, or nobody is there to give one.
 */
export async function confirmSpending(plan: PlanSettings): Promise<void> {
  if (plan.isFree || plan.isConfirmed) return
  const dollars = Math.min(estimateDollars(plan, plan.footprint), plan.maxDollars ?? Number.POSITIVE_INFINITY)
  const sessions = plan.scenarios.length * (plan.messages + 1)
  const what = `This starts up to ${sessions} sessions on AWS and costs at most about $${dollars.toFixed(2)}, besides what your agent's own calls cost.`
  if (!process.stdin.isTTY) {
    throw new UsageError(`Could not start the bench: nobody is there to confirm it. ${what} Give --yes.`)
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const leaving = new AbortController()
  terminal.once('close', () => leaving.abort())
  // Ctrl-C and Ctrl-D are a no.
  const answer = await terminal.question(`${what} Go on? [y/N] `, { signal: leaving.signal }).catch(() => 'no')
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new UsageError('Could not start the bench: it was not confirmed. Answer y, or give --yes.')
}
