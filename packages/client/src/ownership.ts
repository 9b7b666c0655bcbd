import type { Environment } from './environment.ts'
import type { Hand } from './hand.ts'
import type { Held } from './held.ts'
import { askAfterLeaveMs, readKept } from './kept-lease.ts'
import { takeLock } from './take-lock.ts'

/**
 * Whose a session is among the pages of the browser. What is written down can be found by several; a lock makes it one
 * page's own. A page that closes, crashes or is discarded loses its locks by itself.
 *
 * @param key What others know the agent's session by.
 */
export function createOwnership(hand: Hand, environment: Environment, key: string) {
  const locks = environment.locks()
  const nameOf = (id: string | undefined) => `${key} ${id}`
  /** Where it is written down which spares were spoken on last. They may stay there, so they are no tickets. */
  const spokenKey = `${key} spoken`
  const tailOf = (id = '') => id.slice(-9)
  /** Where a lease is written down: for this tab, or for all of them. */
  const place = (isOwn?: boolean) => environment.storage(isOwn || !locks ? 'tab' : 'browser')
  let free: (() => void) | undefined
  /** Ends the wait for the lock of a page that is going away. */
  let waiting: AbortController | undefined

  /** @returns the lease that was kept for this tab, or for all of them. */
  const find = (isOwn: boolean) => readKept(place(isOwn), key, !!locks, environment.now())

  const remove = (isOwn: boolean) => safely(() => place(isOwn)?.removeItem(key))

  /** A spare is a conversation's now: no tab may take it any more, also one that has found it already. */
  function noteSpoken({ id }: Held) {
    remove(false)
    safely(() => place()?.setItem(spokenKey, `${place()?.getItem(spokenKey)} ${tailOf(id)}`.slice(-200)))
  }

  /** Gives the lock back, if there is one. */
  function release(mine: Held) {
    if (free) mine.owned = undefined
    free?.()
    free = undefined
  }

  return {
    locks,
    place,
    find,
    remove,
    release,

    /**
     * Makes the session this page's own.
     *
     * @param isBack The page that has it may just be going away: it is waited for.
     * @returns whether it is: the first page that asks has it.
     */
    own(mine: Held, isBack?: boolean) {
      const isShared = !mine.isOwn
      const ending = isBack ? new AbortController() : undefined
      if (ending) {
        environment.after(askAfterLeaveMs, () => ending.abort())
        waiting = ending
      }
      mine.owned ??= takeLock(locks, nameOf(mine.id), ending?.signal).then(end => {
        // Another tab may have had it, and be gone again: a conversation was on it.
        if (!end || (isShared && safely(() => place()?.getItem(spokenKey)?.includes(tailOf(mine.id))))) {
          end?.()
          mine.owned = undefined
          return
        }
        free?.()
        free = end
        if (hand.isLeft) release(mine)
        if (isShared && find(false)?.id === mine.id) noteSpoken(mine)
        mine.isOwn = true
        return true
      })
      return mine.owned
    },

    /** The page is going away. */
    stopWaiting() {
      waiting?.abort()
    },

    /** Whether a page has made the session its own. Not known where that cannot be asked: then no page has. */
    async isOwned(id: string | undefined) {
      return (await locks?.query().catch(() => undefined))?.held?.some(({ name }) => name === nameOf(id))
    },
  }
}

/** Storage may be full, or broken: pages go by the locks alone then. */
function safely<Result>(act: () => Result): Result | undefined {
  try {
    return act()
  } catch {}
}
