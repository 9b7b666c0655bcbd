import type { ReaperOptions } from '../ledger/reaper.ts'
import { within } from '../within.ts'
import { retryStop } from './close-session.ts'
import { endSession } from './end-session.ts'
import { unpark } from './park-session.ts'
import { hasExpired, isServed, type SessionContext, upToDate } from './session-context.ts'
import { isInUse } from './session-memory.ts'

/** What the reaper does with a session that is due. */
export function reapingWith(context: SessionContext): Pick<ReaperOptions, 'isOurs' | 'end'> {
  return {
    isOurs: entry => isServed(context, entry),
    async end(entry, fence) {
      // Only one that is held waits for its answers: `ending` means that a close, or `warm-agent sessions --stop`, has begun.
      if (entry.state === 'held' && isInUse(context.memories.of(entry.session))) return
      try {
        const isEnded = await endSession(context, entry, 'due', { fence })
        if (!isEnded) return
        // Where limits count by another key than the caller's id, its place is free when it would have idled out.
        context.limiter.noteEnd({ ...entry, isSent: true }, entry)
        context.emit({ type: 'session-reaped', reason: entry.reason }, entry)
      } catch {
        // An event has told of it. It stays in the ledger, and is tried again later.
      }
    },
  }
}

/** Orchestrators kill a process some 30 s after they asked it to end; until then answers may have been drained. */
const closeMs = 10_000

/**
 * Stops the sessions that only this process holds, except conversations, and tries again those that it could not stop. In a
 * fleet it leaves alone what another instance has touched since, or answers on.
 */
export async function endUnsent(context: SessionContext): Promise<void> {
  const endings = context.memories.all().map(async ({ ticket: remembered, parking, unstopped, stopping }) => {
    await stopping?.catch(() => undefined)
    if (!remembered || context.memories.hasEnded(remembered)) {
      const known = unstopped ?? remembered
      return known && retryStop(context, known.session)
    }
    const ticket = upToDate(context, remembered)
    if ((ticket.isSent && !parking) || hasExpired(context, ticket)) return
    unpark(context, ticket)
    if (await endSession(context, ticket, { holder: context.holder })) context.emit({ type: 'session-closed' }, ticket)
  })
  // Events have told what could not be stopped. What takes too long is left to the platform.
  await within(closeMs, 'stop every session', Promise.allSettled(endings)).catch(() => undefined)
}
