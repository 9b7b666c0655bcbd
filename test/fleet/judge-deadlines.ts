import type { VmEntry } from '@warm-agent/emulator'
import type { FleetPlan } from './fleet-plan.ts'
import type { Farewell, Happening, Observations } from './observations.ts'

/** How many VMs were held to which deadline. */
export interface DeadlineCounts {
  /** Their page had closed them. */
  closed: number
  /** Their page had parked them. */
  parked: number
  /** No message had come for them, and their page was gone. */
  unsent: number
  /** Conversations without a page, which are the platform's to end. */
  idle: number
  /** Their deadline fell into a disaster, after which the platform's idle timeout is what is left. */
  excused: number
}

/** A stop may meet faults and is made again; then the machine may be busy. Milliseconds. */
const stopMs = 3_000
/** From one sweep of the reaper to the next, and a stop. Milliseconds. */
const reapMs = 2_200 + stopMs
/** A reaper that died is replaced after 5 s; after an outage one waits 6 s more for what others owe, and sweeps. Milliseconds. */
const recoveryMs = 5_000 + 6_000 + 2_200

/** @returns which VMs outlived their deadlines. */
export function judgeDeadlines(seen: Observations, plan: FleetPlan): { wrongs: string[]; counts: DeadlineCounts } {
  const counts: DeadlineCounts = { closed: 0, parked: 0, unsent: 0, idle: 0, excused: 0 }
  const farewellOf = farewells(seen)
  const sent = new Set(seen.runs.map(({ sessionId }) => sessionId))
  const isLast = lastOfTheirSessions(seen.books.vms)
  const wrongs = seen.books.vms.flatMap(vm => {
    const farewell = isLast.has(vm) ? farewellOf.get(vm.sessionId) : undefined
    const { kind, at } = dueOf(vm, farewell, sent.has(vm.sessionId), seen, plan)
    counts[kind]++
    const endedAt = vm.endedAt ?? Number.POSITIVE_INFINITY
    if (endedAt <= at) return []
    const late = Number.isFinite(endedAt)
      ? `ended ${Math.round(endedAt - at)} ms late (${vm.endReason})`
      : 'never ended'
    return [`VM ${vm.vm} (${kind}) ${late}. ${historyOf(vm.sessionId, seen)}`]
  })
  return { wrongs, counts }
}

function dueOf(
  vm: VmEntry,
  farewell: Farewell | undefined,
  isSent: boolean,
  { happenings, messages }: Observations,
  { idleSeconds, platformIdleSeconds }: FleetPlan,
): { kind: keyof DeadlineCounts; at: number } {
  const platformAt = vm.touchedAt + platformIdleSeconds * 1_000 + stopMs
  // What a proxy that was killed had just sent may reach the platform after everything else.
  const isOrphan = messages.some(({ saw, browser }) => saw === 'unknown' && browser === farewell?.browser)
  if (farewell && isOrphan && vm.bornAt > farewell.atMs) return { kind: 'excused', at: platformAt }
  // A close is answered when the VM has been stopped. A call of another proxy that was on its way may start it once more:
  // that proxy stops it when it is answered.
  if (farewell?.leaving === 'close') return { kind: 'closed', at: Math.max(farewell.atMs, vm.touchedAt) + stopMs }
  if (farewell) {
    const at = farewell.atMs + farewell.parkMs + stopMs
    return isParkingDisturbed(farewell, happenings) ? { kind: 'excused', at: platformAt } : { kind: 'parked', at }
  }
  if (isSent) return { kind: 'idle', at: platformAt }
  const at = vm.touchedAt + idleSeconds * 1_000 + reapMs
  const isDisturbed = happenings.some(({ atMs, overAtMs }) => atMs <= at && overAtMs + recoveryMs >= vm.touchedAt)
  return isDisturbed ? { kind: 'excused', at: platformAt } : { kind: 'unsent', at }
}

/** The proxy that a page parked its session with stops it; after its death, or without Redis, others do later. */
function isParkingDisturbed({ atMs, parkMs, proxy }: Farewell, happenings: readonly Happening[]): boolean {
  const { killedAtMs = 0 } = proxy
  const dueAt = atMs + parkMs
  if (killedAtMs >= atMs && killedAtMs <= dueAt + stopMs) return true
  return happenings.some(
    ({ what, ...away }) =>
      what !== 'proxy-killed' && away.atMs <= dueAt + stopMs && away.overAtMs + recoveryMs >= dueAt,
  )
}

/** By the session that the browser's newest ticket was for when it left. */
function farewells({ messages, runs, farewells }: Observations): Map<string, Farewell> {
  const sessionOf = new Map(runs.map(({ id, sessionId }) => [id, sessionId]))
  const newest = new Map<number, string>()
  for (const { id, browser, saw } of messages) {
    const session = sessionOf.get(id)
    if (session && (saw === 'answered' || saw === 'cut')) newest.set(browser, session)
  }
  return new Map(
    farewells.flatMap(farewell => {
      const session = newest.get(farewell.browser)
      return session === undefined ? [] : [[session, farewell]]
    }),
  )
}

function lastOfTheirSessions(vms: readonly VmEntry[]): Set<VmEntry> {
  return new Set(new Map(vms.map(vm => [vm.sessionId, vm])).values())
}

/** What happened to a session, so that somebody can find out why. Times are milliseconds since the first VM of all. */
function historyOf(sessionId: string, { books, runs, messages, farewells, happenings }: Observations): string {
  const startAt = books.vms[0]?.bornAt ?? 0
  const mine = runs.filter(run => run.sessionId === sessionId)
  const browsers = new Set(mine.map(({ browser }) => browser))
  const events: [number, string][] = [
    ...books.vms
      .filter(vm => vm.sessionId === sessionId)
      .flatMap(({ vm, bornAt, touchedAt, endedAt = touchedAt, endReason, warmUps, beats }): [number, string][] => [
        [bornAt, `VM ${vm} born (${warmUps} warm-ups, ${beats} of them beats)`],
        [touchedAt, `VM ${vm} last touched`],
        [endedAt, `VM ${vm} ended (${endReason})`],
      ]),
    ...mine.map(({ atMs, id }): [number, string] => [atMs, `${id} run`]),
    ...messages
      .filter(({ browser }) => browsers.has(browser))
      .map(({ sentAtMs, id, saw, outcome, code }): [number, string] => [
        sentAtMs,
        `${id} sent: ${saw} ${outcome ?? code}`,
      ]),
    ...farewells
      .filter(({ browser }) => browsers.has(browser))
      .map(({ atMs, leaving, parkMs }): [number, string] => [atMs, `${leaving} done (${Math.round(parkMs)})`]),
    ...happenings.map(({ atMs, what }): [number, string] => [atMs, what]),
  ]
  return events
    .sort(([a], [b]) => a - b)
    .map(([at, what]) => `${Math.round(at - startAt)} ${what}`)
    .join('; ')
}
