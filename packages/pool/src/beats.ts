import type { PoolContext } from './pool-context.ts'
import type { PoolEntry } from './pooled-session.ts'
import type { SessionDesk } from './session-desk.ts'
import { detailsOf, SessionReplaced, touchEntry } from './session-work.ts'

/** Beats leave the rate of calls to real messages. */
const mostAtOnce = 20

/** Touches waiting sessions, so that they do not idle out. A session can be claimed all the while. */
export function createBeats(context: PoolContext, desk: SessionDesk) {
  const { store, rules, clock, random, emit, closing } = context
  let inFlight = 0
  let isBehind = false

  async function beat(entry: PoolEntry): Promise<void> {
    let live: PoolEntry
    try {
      live = await touchEntry(context, entry, rules.validateTimeoutMs)
    } catch (cause) {
      if (closing.aborted) return
      if (cause instanceof SessionReplaced) {
        await desk.retire([entry], () => 'replaced', desk.fence() ?? 0)
        return
      }
      // One missed beat proves nothing. The rest of the idle timeout has room for some more.
      const missedBeats = entry.missedBeats + 1
      emit({ type: 'beat-missed', missedBeats, cause, ...detailsOf(entry) })
      const pauseMs = (rules.usableIdleMs - rules.beatMs) / (rules.missedBeatsAllowed + 1)
      const beatAtMs = Math.round(clock.now() + pauseMs * (1 - 0.1 * random()))
      await store.update([{ ...entry, missedBeats, beatAtMs }])
      return
    }
    await store.update([live])
    emit({ type: 'beat-succeeded', ...detailsOf(entry) })
  }

  return {
    /** Whether more are due than found a place, and there is some now. */
    isBehind: () => isBehind && inFlight === 0,

    /** Those that find no place now are due again in the next plan. */
    make(entries: readonly PoolEntry[], hasSeenAll: boolean): void {
      const places = mostAtOnce - inFlight
      isBehind = entries.length > places || (isBehind && !hasSeenAll)
      for (const entry of entries.slice(0, places)) {
        inFlight += 1
        desk.workOn(entry, () => beat(entry).finally(() => inFlight--))
      }
    },
  }
}
