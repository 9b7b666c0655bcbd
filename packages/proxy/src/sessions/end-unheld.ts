import type { ReaperOptions } from '../ledger/reaper.ts'
import { within } from '../within.ts'
import { retryStop, unpark } from './close-session.ts'
import { endSession } from './end-session.ts'
import { hasExpired, isInUse, isServed, type SessionContext, upToDate } from './session-context.ts'

/** What the reaper does with a session that is due. */
export function reapingWith(context: SessionContext): Pick<ReaperOptions, 'isOurs' | 'end'> {
  return {
    isOurs: entry => isServed(context, entry),
    async end(entry, fence) {
      // Only one that is held waits for its answers: `ending` means that a close, or `warm-agent sessions --stop`, has begun.
      if (entry.state === 'held' && isInUse(context, entry.session)) return
      try {
        const isEnded = await endSession(context, entry, 'due', { fence })
        if (isEnded) context.emit({ type: 'session-reaped', reason: entry.reason }, entry)
      } catch {
        // Told as an event by then. It stays in the ledger, and is tried again later.
      }
    },
  }
}

/** Orchestrators kill a process some 30 s after they asked it to end; until then answers may have been drained. */
const closeMs = 10_000

/**
 * Stops what this process alone holds, and no conversation; once more what it could not stop. In a fleet not what has
 * since been touched elsewhere, or is answering there: that its page has left stands in the ledger.
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
  // What could not be stopped has been told as an event, and what takes too long is left to the platform.
  await within(closeMs, 'stop every session', Promise.allSettled(endings)).catch(() => undefined)
}
