import { backgroundTimeout } from '../background-timeout.ts'

/** Writes that are not lost while a store does not answer: they are owed, and made later. */
export interface Outage {
  /**
   * Makes the write, or owes it. Never rejects. Only one write is owed for a key: the newest of those that matter, or the
   * newest of all when none does.
   */
  write(key: string, matters: boolean, write: () => Promise<void>): Promise<void>
  close(): void
}

interface Debt {
  /** Counts the writes, so that one that fails late does not replace a newer one. */
  turn: number
  matters: boolean
  write: () => Promise<void>
}

/** The wait before a store that did not answer is asked again, in milliseconds. */
const retryMs = 2_000
/** When more than this many are owed, those owed for longest are given up: their sessions end by idling. */
const mostOwed = 10_000
/** How many owed writes are made at a time. */
const mostAtOnce = 50

/** @param onFailure Hears of the first failure of an outage. */
export function createOutage(onFailure: (cause: unknown) => void): Outage {
  const owed = new Map<string, Debt>()
  /** The store does not answer and is left alone. This ends with its first answer, long before all that is owed is written. */
  let isAway = false
  let isMakingUp = false
  let turns = 0

  function owe(key: string, debt: Debt): void {
    const other = owed.get(key)
    if (other && (other.matters === debt.matters ? other.turn > debt.turn : other.matters)) return
    owed.set(key, debt)
    const [longest] = owed.keys()
    if (owed.size > mostOwed && longest !== undefined) owed.delete(longest)
  }

  async function makeUp(): Promise<void> {
    isMakingUp = isAway = true
    while (owed.size > 0) {
      if (isAway) await leaveAlone()
      // After a pause a single write asks whether the store answers again.
      const next = [...owed].slice(0, isAway ? 1 : mostAtOnce)
      try {
        await Promise.all(next.map(repay))
        isAway = false
      } catch {
        // The first failure has been told. These go to the end: one that always fails must not keep the others waiting.
        for (const [key] of next) {
          // A newer one may have replaced it meanwhile.
          const debt = owed.get(key)
          owed.delete(key)
          if (debt) owed.set(key, debt)
        }
        isAway = true
      }
    }
    isMakingUp = false
  }

  function leaveAlone(): Promise<void> {
    return new Promise(resolve => backgroundTimeout(resolve, retryMs))
  }

  async function repay([key, debt]: [string, Debt]): Promise<void> {
    await debt.write()
    // Unless a newer one has replaced it.
    if (owed.get(key) === debt) owed.delete(key)
  }

  return {
    async write(key, matters, write) {
      const debt = { turn: ++turns, matters, write }
      // What is owed for a key is written before what is new.
      if (isAway || owed.has(key)) return owe(key, debt)
      try {
        await write()
      } catch (cause) {
        owe(key, debt)
        if (isMakingUp) return
        onFailure(cause)
        void makeUp()
      }
    },
    close: () => owed.clear(),
  }
}
