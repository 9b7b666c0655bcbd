import { gateOf } from './claim-session.ts'
import { pause } from './pause.ts'
import type { PoolContext } from './pool-context.ts'
import { stopEntry } from './session-work.ts'
import type { Tender } from './tend-pool.ts'

/** Claims sessions of any age and stops them, until the pool is closed. @returns how many. */
async function stopReady(context: PoolContext, most: number): Promise<number> {
  let count = 0
  while (count < most && !context.closing.aborted) {
    const { entry, rejected } = await context.store.claim(gateOf(context))
    const taken = entry ? [...rejected, entry] : rejected
    if (taken.length === 0) break
    await Promise.all(taken.map(each => stopEntry(context, each)))
    count += taken.length
  }
  return count
}

/**
 * For a process that does not tend the pool: claims what waits there now, and stops it. The rest only the member
 * that tends the pool may take, and one that was killed seems to tend it until its lease ends. So a process that may tend
 * waits that long: to take what is left, or to claim what was being warmed. Nothing that came later: whoever tends the pool
 * fills it again meanwhile.
 *
 * @returns how many.
 */
export async function stopWhatWaits(context: PoolContext, tender: Tender): Promise<number> {
  const { store, rules, clock, closing } = context
  const { entries, unseen } = await store.look()
  const ids = new Set(entries.map(({ entry }) => entry.runtimeSessionId))
  const readyOf = (these: typeof entries) => these.filter(({ state }) => state === 'ready').length
  let count = await stopReady(context, readyOf(entries) + unseen)
  if (!rules.tends || store.lookEveryMs === 0) return count
  const untilMs = clock.now() + rules.leaseMs
  while (!tender.isTending() && !closing.aborted && clock.now() < untilMs) {
    const left = (await store.look()).entries.filter(({ entry }) => ids.has(entry.runtimeSessionId))
    if (left.length === 0) break
    count += await stopReady(context, readyOf(left))
    await pause(clock, store.lookEveryMs, closing)
    if (!closing.aborted) count += await tender.empty('closed')
  }
  return count
}
