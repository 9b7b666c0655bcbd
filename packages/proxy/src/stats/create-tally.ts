import type { Outcome } from '@warm-agent/protocol'
import type { ProxyEvent, SessionEventDetails } from '../proxy-event.ts'
import { keepNewest } from './newest.ts'
import { type StatsPoolEvent, tallyPool } from './pool-tally.ts'
import type { Tally } from './tally.ts'

/** A session that was warmed, or that a message started. */
interface Watched {
  warmStartedAt: number | undefined
  hasMessage: boolean
}

/** Samples kept of each quantity, the newest: enough for a p95, in 80 kB each. */
const keptSamples = 10_000
/** Sessions remembered, those with a message included. */
const keptSessions = 20_000
/** The platform's longest lifetime: a session that was not heard of for so long has ended. */
const longestLifeMs = 28_800_000

/** Counts what proxies and pools tell. Forgets sessions that have ended, and all but the newest samples. */
export function createTally() {
  const watched = new Map<string, Watched>()
  const pool = tallyPool()
  const outcomes: Record<Outcome, number> = { warm: 0, joined: 0, rewarmed: 0, cold: 0 }
  const warmUps = { started: 0, used: 0, unused: 0, failed: 0, refused: 0 }
  const heldMs = { used: 0, unused: 0 }
  let heldOut = 0
  const warmedMs = keepNewest(keptSamples)
  const heldOutMs = keepNewest(keptSamples)
  const coldMs = keepNewest(keptSamples)
  const leadMs = keepNewest(keptSamples)
  const warmUpMs = keepNewest(keptSamples)
  const unusedHeldMs = keepNewest(keptSamples)

  function started(session: string, atMs: number): void {
    const known = watched.get(session)
    // A second warm-up is a probe of another instance, or starts the session again: it counts as held since the first.
    if (known?.warmStartedAt !== undefined) return
    warmUps.started += 1
    watched.set(session, { warmStartedAt: atMs, hasMessage: known?.hasMessage ?? false })
    forgetOld(atMs)
  }

  function answered(session: string, event: ProxyEvent & { type: 'message-answered' | 'session-lent' }): void {
    const { outcome, joinMs, atMs, isHeldOut } = event
    const agentMs = event.type === 'message-answered' ? event.agentMs : 0
    // When a session is lent, only the wait for its warm-up is seen: all there is when it is warm, not when it is to be started.
    const isWaitSeen = event.type === 'message-answered' || outcome === 'warm' || outcome === 'joined'
    const known = watched.get(session)
    // Not a first message: an earlier one was seen here, or by another process, or before this collector began.
    if (known?.hasMessage || event.isFirst === false) return
    const waitedMs = joinMs + agentMs
    // Inserted anew, so that the one that was silent longest stays first.
    watched.delete(session)
    watched.set(session, { warmStartedAt: known?.warmStartedAt, hasMessage: true })
    forgetOld(atMs)
    if (isHeldOut) {
      heldOut += 1
      if (isWaitSeen) heldOutMs.add(waitedMs)
      return
    }
    outcomes[outcome] += 1
    if (isWaitSeen) warmedMs.add(waitedMs)
    if (isWaitSeen && outcome === 'cold') coldMs.add(waitedMs)
    if (known?.warmStartedAt === undefined) return
    const untilSentMs = Math.max(0, atMs - waitedMs - known.warmStartedAt)
    warmUps.used += 1
    heldMs.used += untilSentMs
    // With no time between, no page was open: the message itself took the session out of a pool.
    if (untilSentMs > 0) leadMs.add(untilSentMs)
  }

  function ended(session: string, atMs: number): void {
    const known = watched.get(session)
    // One that had its first message is remembered: a later message may start it again, and is not a first one.
    if (!known || known.hasMessage || known.warmStartedAt === undefined) return
    watched.delete(session)
    warmUps.unused += 1
    heldMs.unused += atMs - known.warmStartedAt
    unusedHeldMs.add(atMs - known.warmStartedAt)
  }

  function forgetOld(atMs: number): void {
    for (const [session, { warmStartedAt, hasMessage }] of watched) {
      const isForgotten = !hasMessage && (warmStartedAt ?? 0) < atMs - longestLifeMs
      if (!isForgotten && watched.size <= keptSessions) return
      ended(session, Math.min(atMs, (warmStartedAt ?? atMs) + longestLifeMs))
      watched.delete(session)
    }
  }

  return {
    onEvent(event: ProxyEvent) {
      switch (event.type) {
        case 'session-claimed':
          pool.noteClaim(event)
          return started(keyOf(event), event.atMs)
        case 'warm-started':
          return started(keyOf(event), event.atMs)
        case 'warm-succeeded':
          return warmUpMs.add(event.tookMs)
        case 'warm-failed':
          warmUps.failed += 1
          watched.delete(keyOf(event))
          return
        case 'warm-refused':
          warmUps.refused += 1
          return
        case 'message-answered':
        case 'session-lent':
          return answered(keyOf(event), event)
        case 'session-closed':
        case 'session-reaped':
        case 'session-expired':
          return ended(keyOf(event), event.atMs)
        default:
          return
      }
    },
    onPoolEvent: (event: StatsPoolEvent) => pool.note(event),
    tally: (): Tally => ({
      outcomes: { ...outcomes },
      warmedMs: warmedMs.values(),
      warmed: warmedMs.count(),
      heldOut,
      heldOutMs: heldOutMs.values(),
      coldMs: coldMs.values(),
      leadMs: leadMs.values(),
      warmUpMs: warmUpMs.values(),
      unusedHeldMs: unusedHeldMs.values(),
      warmUps: { ...warmUps, waiting: [...watched.values()].filter(({ hasMessage }) => !hasMessage).length },
      heldMs: { ...heldMs },
      pool: pool.tally(),
    }),
  }
}

/**
 * A tag is the first characters of an id that is random: enough to tell sessions apart. Not the endpoint, which a session may
 * leave for another while it warms.
 */
function keyOf({ agent, sessionTag }: SessionEventDetails): string {
  return `${agent} ${sessionTag}`
}
