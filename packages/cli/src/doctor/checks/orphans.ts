import { counted } from '../../counted.ts'
import { type Finding, inWords, risk, saw, skipped, type Verdict, wrong } from '../finding.ts'

/** A session in the ledger, without its whole id. */
export interface HeldSession {
  /** The start of its id. */
  tag: string
  reason: string
  state: string
  heldUntil: number
  endsAt: number
}

export interface OrphanFacts {
  /** `undefined` when there is no ledger to read. */
  held: readonly HeldSession[] | undefined
  /** Sessions that an emulator runs and the ledger does not have, by the start of their ids. */
  unlisted: readonly string[]
  now: number
}

/** How late a stop may be, in milliseconds: the reaper sweeps every second, another takes over within 5 s, a stop takes up to 10 s. */
const lateMs = 20_000

/** Sessions that nobody holds, and that nobody stops. */
export function judgeOrphans({ held, unlisted, now }: OrphanFacts): Verdict {
  if (!held) return skipped('a proxy without WARM_AGENT_REDIS_URL keeps its list to itself, and AWS lists no sessions')
  // What a conversation owns is left to the platform's idle timeout.
  const overdue = held.filter(({ state, reason, heldUntil, endsAt }) => {
    const isConversation = state === 'held' && reason === 'conversation'
    return state !== 'ended' && (isConversation ? endsAt : heldUntil) < now - lateMs
  })
  return saw(
    `${held.length} in the ledger, ${overdue.length} of them that nobody holds`,
    overdue.length > 0 && overdueFinding(overdue, now),
    unlisted.length > 0 &&
      risk(
        'sessions-unlisted',
        `${some(unlisted)} run, and are not in the ledger.`,
        'Unless a pool holds them nobody does, and nobody stops them: each costs until it idles out.',
        'See who starts sessions past the proxy; give every proxy and pool the same WARM_AGENT_REDIS_URL.',
      ),
  )
}

function overdueFinding(overdue: readonly HeldSession[], now: number): Finding {
  const oldest = Math.max(...overdue.map(({ heldUntil }) => now - heldUntil))
  return wrong(
    'orphans',
    `${some(overdue.map(({ tag }) => tag))} should have been stopped, up to ${inWords(oldest)} ago, and nobody does it.`,
    'No proxy of the fleet reaps: what is held by nobody costs until it idles out, and up to 8 h when /ping says that it is busy.',
    'See whether a proxy with this ledger runs and may stop sessions (event stop-failed in its log); then warm-agent sessions --stop all.',
  )
}

function some(tags: readonly string[]): string {
  const shown = tags.slice(0, 5).join(', ')
  return `${counted(tags.length, 'session')} (${shown}${tags.length > 5 ? ', …' : ''})`
}
