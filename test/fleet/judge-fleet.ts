import type { FleetPlan } from './fleet-plan.ts'
import { type DeadlineCounts, judgeDeadlines } from './judge-deadlines.ts'
import { judgeMessages } from './judge-messages.ts'
import type { Observations } from './observations.ts'

/** What broke of each invariant, in sentences. */
export interface Verdict {
  messages: string[]
  sessions: string[]
  deadlines: string[]
  yielding: string[]
  ends: string[]
}

/** @param isPartial The run was interrupted: what had not ended by then is nobody's fault. */
export function judgeFleet(
  seen: Observations,
  plan: FleetPlan,
  { isPartial = false } = {},
): { verdict: Verdict; isGood: boolean; deadlines: DeadlineCounts; isPartial: boolean } {
  const { wrongs, counts } = judgeDeadlines(seen, plan)
  const verdict: Verdict = {
    messages: judgeMessages(seen, plan.visits, isPartial),
    sessions: judgeSessions(seen),
    deadlines: isPartial ? wrongs.filter(wrong => !wrong.includes('never ended')) : wrongs,
    yielding: isPartial ? [] : judgeYielding(seen),
    ends: isPartial ? [] : judgeEnds(seen),
  }
  return { verdict, isGood: Object.values(verdict).every(wrongs => wrongs.length === 0), deadlines: counts, isPartial }
}

function judgeSessions({ runs, thefts }: Observations): string[] {
  const ownerOf = new Map<string, number>()
  const wrongs: string[] = []
  for (const { id, browser, sessionId } of runs) {
    const owner = ownerOf.get(sessionId) ?? browser
    ownerOf.set(sessionId, owner)
    if (owner !== browser) wrongs.push(`Message ${id} was run in the session of browser ${owner}.`)
  }
  if (thefts.let > 0) wrongs.push(`${thefts.let} of ${thefts.tried} stolen tickets were taken.`)
  return wrongs
}

/** Messages that are refused for want of room are among what went wrong with messages. */
function judgeYielding({ opened, books, messages }: Observations): string[] {
  const wrongs: string[] = []
  if (!opened['refused by warmUpsPerSecond']) {
    wrongs.push('No warm-up was refused, though more pages came than were to be warmed.')
  }
  const throttled = messages.filter(({ status }) => status === 429).length
  if (throttled > 0) {
    const { ThrottlingException: platform = 0 } = books.totals.refused
    wrongs.push(`${throttled} messages were refused with 429; the platform refused ${platform} calls.`)
  }
  return wrongs
}

function judgeEnds({ books, exits, died }: Observations): string[] {
  const wrongs: string[] = []
  if (books.totals.live > 0) wrongs.push(`${books.totals.live} VMs never ended.`)
  if (died > 0) wrongs.push(`${died} proxies ended by themselves.`)
  if (exits.some(code => code !== 0)) wrongs.push(`The proxies ended with ${exits.join(', ')} when they were asked to.`)
  return wrongs
}
