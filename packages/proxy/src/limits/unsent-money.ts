import { type LimitStore, noNewPlace } from './limit-store.ts'
import type { Reservation } from './reservation.ts'
import type { WarmLimits } from './warm-limits.ts'

const dayMs = 86_400_000
/** A day's spending is remembered for two days. */
const keepDaySeconds = (2 * dayMs) / 1000
const hourMs = 3_600_000
/** Money is counted in whole millionths of a dollar. */
const micros = 1_000_000

/** What sessions cost that no message has come for. They are paid for in advance, and what was not used is given back. */
interface UnsentMoney {
  /** Pays for the session until `forMs` from now. What had been paid beyond that is given back. */
  pay(member: string, forMs: number): Promise<Reservation>
  /** Gives back what had been paid beyond `forMs` from now. A session that nothing is paid for costs nothing by this. */
  giveBack(member: string, forMs: number): Promise<unknown>
}

/** What is given back belongs to the day that had paid: after midnight that is yesterday, and what goes on today pays. */
export function createUnsentMoney(store: LimitStore, limits: WarmLimits): UnsentMoney {
  /** @returns what the day has cost now, in millionths of a dollar. */
  async function spend(day: number, forMs: number): Promise<number> {
    const points = Math.round((forMs / hourMs) * limits.unsentDollarsPerHour * micros)
    return points === 0 ? 0 : store.add(`micro-dollars:${day}`, points, keepDaySeconds)
  }

  return {
    async pay(member, forMs) {
      const today = dayOf(Date.now())
      const yesterday = today - 1
      const [paidMs = 0, paidYesterdayMs = 0] = await Promise.all([
        store.hold(roomOf(today), member, forMs, Infinity),
        store.hold(roomOf(yesterday), member, 0, Infinity),
      ])
      const [spent] = await Promise.all([spend(today, forMs - paidMs), spend(yesterday, -paidYesterdayMs)])
      return {
        limit: 'unsentDollarsPerDay',
        isRefused: forMs > paidMs && spent > limits.unsentDollarsPerDay * micros,
        retryAfterMs: dayMs - (Date.now() % dayMs),
        undo: () =>
          Promise.all([
            store.hold(roomOf(today), member, paidMs, Infinity),
            store.hold(roomOf(yesterday), member, paidYesterdayMs, Infinity),
            spend(today, paidMs - forMs),
            spend(yesterday, paidYesterdayMs),
          ]),
      }
    },

    giveBack(member, forMs) {
      const today = dayOf(Date.now())
      const settle = async (day: number) => {
        const paidMs = await store.hold(roomOf(day), member, forMs, noNewPlace)
        if (paidMs) await spend(day, forMs - paidMs)
      }
      return Promise.all([settle(today), settle(today - 1)])
    },
  }
}

function dayOf(atMs: number): number {
  return Math.floor(atMs / dayMs)
}

/** Those whose sessions were paid for on this day. Nobody pays for longer than a day ahead, so two rooms do. */
function roomOf(day: number): string {
  return `unsent:${day % 2}`
}
