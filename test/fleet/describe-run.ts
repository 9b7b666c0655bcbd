import type { FleetPlan } from './fleet-plan.ts'
import type { judgeFleet, Verdict } from './judge-fleet.ts'
import type { Observations } from './observations.ts'
import type { Progress } from './run-fleet.ts'

const titles: Record<keyof Verdict, string> = {
  messages: 'no message lost or run twice',
  sessions: 'no session shared',
  deadlines: 'no VM outlives its deadline',
  yielding: 'warm-ups yield under throttling',
  ends: 'everything ends',
}
/** Of what broke so often more is not read. */
const mostShown = 10

export function describeProgress({ ranMs, seen, liveVms }: Progress, { arriveForMs, browsers }: FleetPlan): string {
  const opened = Object.values(seen.opened).reduce((sum, count) => sum + count, 0)
  return `${seconds(ranMs)} of ${seconds(arriveForMs)}: ${opened} of ${browsers} browsers, ${seen.messages.length} messages, ${liveVms} VMs`
}

/** What was seen and what it means, for people. */
export function describeRun(seen: Observations, judged: ReturnType<typeof judgeFleet>, plan: FleetPlan): string {
  const { opened, beats, messages, happenings, books, thefts } = seen
  const { closed, parked, unsent, idle, excused } = judged.deadlines
  const refusals = Object.entries(books.totals.refused).map(([type, count]) => `${count} ${type}`)
  return [
    `${plan.browsers} browsers in ${seconds(plan.arriveForMs)}, seed ${plan.seed}; ${happenings.map(({ what }) => what).join(', ')}.`,
    `Opened: ${counted(opened)}. Beats: ${counted(beats)}. Stolen tickets refused: ${thefts.tried - thefts.let} of ${thefts.tried}.`,
    `Messages: ${counted(groups(messages.map(({ saw, outcome, code }) => [saw, outcome ?? code].filter(Boolean).join(' '))))}.`,
    `Platform: ${books.totals.vms} VMs, ${books.totals.invokes} calls; answered ${refusals.join(', ')}.`,
    `VMs that were due: ${closed} closed, ${parked} parked, ${unsent} unsent, ${idle} by idling, ${excused} during a disaster.`,
    ...Object.entries(judged.verdict).flatMap(([name, wrongs]) => [
      `${markOf(name, wrongs, judged.isPartial)} ${titles[name as keyof Verdict]}`,
      ...wrongs.slice(0, mostShown).map((wrong: string) => `       ${wrong}`),
      ...(wrongs.length > mostShown ? [`       and ${wrongs.length - mostShown} more`] : []),
    ]),
  ].join('\n')
}

/** Only at its end can one tell whether everything has ended. */
function markOf(name: string, wrongs: string[], isPartial: boolean): string {
  if (wrongs.length > 0) return 'BROKEN'
  return isPartial && (name === 'yielding' || name === 'ends') ? '-     ' : 'ok    '
}

function groups(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

function counted(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}
