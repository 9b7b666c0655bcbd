import type { PoolNews } from './pool-event.ts'
import type { PoolStore } from './pool-store.ts'

/** The store; what it dropped because it cannot be a session is told, and harms no more than that. */
export function tellUnreadable(store: PoolStore, emit: (news: PoolNews) => void): PoolStore {
  const told =
    (during: string) =>
    <Found extends { readonly unreadable?: number | undefined }>(found: Found): Found => {
      const { unreadable = 0 } = found
      if (unreadable > 0) emit({ type: 'store-failed', during, cause: notSessions(unreadable) })
      return found
    }
  return {
    ...store,
    claim: gate => store.claim(gate).then(told('a claim')),
    look: nowMs => store.look(nowMs).then(told('a look at the pool')),
  }
}

/** It quotes none of them: one may hold a session id. */
function notSessions(count: number): Error {
  const what = count === 1 ? '1 entry had' : `${count} entries had`
  return new Error(
    `Could not use all that the store held: ${what} not the shape of a session, and went. Let nothing but pools write there.`,
  )
}
