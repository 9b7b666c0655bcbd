/** Writes that do not get lost while a store does not answer: they are owed, and made up for later. */
export interface Outage {
  /**
   * Makes the write, or owes it. Never rejects. Of several that are owed for one key the newest is made, but one that
   * matters before one that does not.
   */
  write(key: string, matters: boolean, write: () => Promise<void>): Promise<void>
  close(): void
}

/** So often is a store asked again that did not answer, in milliseconds. */
const retryMs = 2_000
/** With more than this many owed, the oldest are given up: their sessions end by idling. */
const mostOwed = 10_000

/** @param onFailure Hears of the first failure of an outage. */
export function createOutage(onFailure: (cause: unknown) => void): Outage {
  const owed = new Map<string, { matters: boolean; write: () => Promise<void> }>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function owe(key: string, matters: boolean, write: () => Promise<void>): void {
    if (!matters && owed.get(key)?.matters) return
    owed.delete(key)
    owed.set(key, { matters, write })
    const [oldest] = owed.keys()
    if (owed.size > mostOwed && oldest !== undefined) owed.delete(oldest)
    schedule()
  }

  function schedule(): void {
    if (timer !== undefined) return
    timer = setTimeout(makeUp, retryMs)
    // On Node it must not keep a process alive.
    ;(timer as { unref?(): void }).unref?.()
  }

  async function makeUp(): Promise<void> {
    for (const [key, debt] of owed) {
      try {
        await debt.write()
      } catch {
        // Its first failure has been told.
        timer = undefined
        return schedule()
      }
      // A newer one may have taken its place meanwhile.
      if (owed.get(key) === debt) owed.delete(key)
    }
    timer = undefined
  }

  return {
    async write(key, matters, write) {
      if (timer !== undefined) return owe(key, matters, write)
      try {
        await write()
      } catch (cause) {
        if (timer === undefined) onFailure(cause)
        owe(key, matters, write)
      }
    },
    close() {
      clearTimeout(timer)
      owed.clear()
    },
  }
}
