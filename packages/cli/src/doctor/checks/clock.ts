import { type Finding, inWords, type Refusal, saw, skipped, type Verdict, wrong } from '../finding.ts'

/** How far the clock of a server is from ours. */
export interface ClockReading {
  of: string
  /** Above 0: it is ahead of ours. Milliseconds. */
  aheadMs: number
}

/** Clocks with NTP differ by milliseconds. A `Date` header has whole seconds, and a slow network adds a few. */
const usualMs = 30_000

/** Whether the clocks agree. AWS refuses what was signed more than five minutes off. */
export function judgeClock(readings: readonly ClockReading[], refusal: Refusal | undefined): Verdict {
  const refused = /Signature (expired|not yet current)|RequestTimeTooSkewed|RequestExpired/i.test(refusal?.said ?? '')
  if (readings.length === 0 && !refused) return skipped('nobody told the time')
  const findings: Finding[] = readings
    .filter(({ aheadMs }) => Math.abs(aheadMs) > usualMs)
    .map(({ of, aheadMs }) =>
      wrong(
        'clock-skewed',
        `The clock of this machine is ${inWords(Math.abs(aheadMs))} ${aheadMs > 0 ? 'behind' : 'ahead of'} that of ${of}.`,
        'AWS refuses signatures that are more than 5 min off with 403, and tokens and cookies end early or late.',
        'Set the clock: switch NTP on (timedatectl set-ntp true). In a virtual machine that slept, restart the time service.',
      ),
    )
  if (refused && findings.length === 0) {
    findings.push(
      wrong(
        'clock-skewed',
        `The platform refused a signature for its time: ${refusal?.said}`,
        'AWS refuses signatures that are more than 5 min off.',
        'Set the clock of this machine: switch NTP on (timedatectl set-ntp true).',
      ),
    )
  }
  const most = Math.max(0, ...readings.map(({ aheadMs }) => Math.abs(aheadMs)))
  return saw(`${most < 2_000 ? 'agrees' : `differs by ${inWords(most)}`} with ${namesOf(readings)}`, ...findings)
}

function namesOf(readings: readonly ClockReading[]): string {
  return readings.map(({ of }) => of).join(' and ') || 'nobody'
}
