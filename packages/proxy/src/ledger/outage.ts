import { backgroundTimeout } from '../background-timeout.ts'

/** Writes that do not get lost while a store does not answer: they are owed, and made up for later. */
export interface Outage {
  /**
   * Makes the write, or owes it. Never rejects. Of several that are owed for one key the newest is made, but one that
   * matters before one that does not.
   */
  write(key: string, matters: boolean, write: () => Promise<void>): Promise<void>
  close(): void
}

interface Debt {
  /** Counts the writes: one that fails late does not take the place of a newer one. */
  turn: number
  matters: boolean
  write: () => Promise<void>
}

/** So often is a store asked again that did not answer, in milliseconds. */
const retryMs = 2_000
/** With more than this many owed, the oldest are given up: their sessions end by idling. */
const mostOwed = 10_000
/** So many are made up for at a time. */
const mostAtOnce = 50

/** @param onFailure Hears of the first failure of an outage. */
export function createOutage(onFailure: (cause: unknown) => void): Outage {
  const owed = new Map<string, Debt>()
  /** The store is left alone. It is over as soon as it answers, long before all that is owed has been made up for. */
  let isAway = false
  let isMakingUp = false
  let timer: ReturnType<typeof setTimeout>
  let turns = 0

  function owe(key: string, debt: Debt): void {
    const other = owed.get(key)
    if (other && (other.matters === debt.matters ? other.turn > debt.turn : other.matters)) return
    owed.delete(key)
    owed.set(key, debt)
    const [oldest] = owed.keys()
    if (owed.size > mostOwed && oldest !== undefined) owed.delete(oldest)
  }

  async function makeUp(): Promise<void> {
    isMakingUp = isAway = true
    while (owed.size > 0) {
      if (isAway) await leaveAlone()
      // After a pause one asks for all whether the store answers again.
      const next = [...owed].slice(0, isAway ? 1 : mostAtOnce)
      try {
        await Promise.all(next.map(repay))
        isAway = false
      } catch {
        // The first failure has been told. One that can never be made is not to keep all others waiting.
        for (const [key, debt] of next) if (owed.delete(key)) owed.set(key, debt)
        isAway = true
      }
    }
    isMakingUp = false
  }

  function leaveAlone(): Promise<void> {
    return new Promise(resolve => {
      timer = backgroundTimeout(resolve, retryMs)
    })
  }

  async function repay([key, debt]: [string, Debt]): Promise<void> {
    await debt.write()
    // A newer one may have taken its place meanwhile.
    if (owed.get(key) === debt) owed.delete(key)
  }

  return {
    async write(key, matters, write) {
      const debt = { turn: ++turns, matters, write }
      // What is owed of a session comes before what is new of it.
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
    close() {
      clearTimeout(timer)
      owed.clear()
    },
  }
}
