import { gateOf } from './claim-session.ts'
import type { PoolContext } from './pool-context.ts'
import { stopEntry } from './session-work.ts'

/** For a process that does not tend the pool: claims what waits there now, of any age, and stops it. @returns how many. */
export async function stopWhatWaits(context: PoolContext): Promise<number> {
  const { store } = context
  const { entries, unseen } = await store.look()
  // No more than waits now: whoever tends the pool fills it again meanwhile.
  const most = entries.filter(({ state }) => state === 'ready').length + unseen
  let count = 0
  while (count < most) {
    const { entry, rejected } = await store.claim(gateOf(context))
    const taken = entry ? [...rejected, entry] : rejected
    if (taken.length === 0) break
    await Promise.all(taken.map(each => stopEntry(context, each)))
    count += taken.length
  }
  return count
}
