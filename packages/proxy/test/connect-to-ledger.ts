import type { SessionLedger } from '@warm-agent/proxy'

interface Connection {
  /** `cut`: every call fails. `stalled`: it waits until that is over. `hung`: it is never answered. */
  is: 'up' | 'cut' | 'stalled' | 'hung'
}

/** A ledger as one instance reaches it. */
export function connectTo(ledger: SessionLedger) {
  const connection: Connection = { is: 'up' }
  const waiting: (() => void)[] = []
  const through =
    <Words extends unknown[], Answer>(ask: (...words: Words) => Promise<Answer>) =>
    async (...words: Words): Promise<Answer> => {
      if (connection.is === 'hung') return new Promise(() => {})
      if (connection.is === 'cut') throw new Error('away')
      if (connection.is === 'stalled') await new Promise<void>(resolve => waiting.push(resolve))
      return ask(...words)
    }
  const { read, write, due, lead } = ledger
  const reached = { read: through(read), write: through(write), due: through(due), lead: through(lead) }
  return {
    connection,
    ledger: { ...ledger, ...reached },
    /** The stall is over: what has waited is answered, in its order. */
    endStall() {
      connection.is = 'up'
      for (const go of waiting.splice(0)) go()
    },
  }
}
