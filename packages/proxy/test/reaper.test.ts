import { memoryLedger } from '@warm-agent/proxy'
import { afterEach, expect, test, vi } from 'vitest'
import { startReaper } from '../src/ledger/reaper.ts'
import { during, fakeTime } from './fake-time.ts'

fakeTime()
afterEach(() => vi.restoreAllMocks())

const never = () => new Promise<never>(() => {})

/** A reaper that never gets done with ending what is `due`. */
function startStuckReaper() {
  const due = new Set<string>()
  const begun: string[] = []
  const times = { bornAt: 0, touchedAt: 0, heldUntil: 0, endsAt: 0, isSent: false, isWarm: true }
  const entryOf = (id: string) => ({
    ...({ version: 1, agent: 'default', callerId: 'ann', holder: 'two', reason: 'unsent', state: 'held' } as const),
    ...times,
    session: { id, qualifier: 'DEFAULT' },
  })
  const reaper = startReaper({
    ledger: {
      ...memoryLedger(),
      async lead() {
        await new Promise(resolve => setTimeout(resolve, 400))
        return 1
      },
      due: async (_, limit) => [...due].slice(0, limit).map(entryOf),
      resign: never,
    },
    holder: 'one',
    isOurs: () => true,
    end({ session }) {
      begun.push(session.id)
      return never()
    },
    onFailed() {},
  })
  return { reaper, due, begun }
}

test('no session is ended again while that goes on, and no more than 25 are ended at a time', async () => {
  const { due, begun } = startStuckReaper()
  for (let count = 0; count < 10; count++) due.add(`first ${count}`)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(begun).toEqual([...due])
  due.clear()
  for (let count = 0; count < 60; count++) due.add(`then ${count}`)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(begun).toHaveLength(25)
  expect(new Set(begun).size).toBe(25)
})

test.each([
  ['between two sweeps', 500],
  ['during a sweep', 1_200],
])(
  'who closes %s waits no longer than five seconds for the lead to be given back, and sweeps no more',
  async (_, ms) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    const { reaper, due, begun } = startStuckReaper()
    await vi.advanceTimersByTimeAsync(ms)
    const closedAt = Date.now()
    const closing = reaper.close()
    await vi.advanceTimersByTimeAsync(300)
    due.add('late')
    await during(closing)
    expect(Date.now() - closedAt).toBeLessThanOrEqual(5_050)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(begun).toEqual([])
  },
)

test('who waits ever longer for the ledger gives the lead away once that takes over a second', async () => {
  let tripMs = 0
  const tripsAtResign: number[] = []
  const ledger = {
    ...memoryLedger(),
    async lead() {
      tripMs += 50
      await new Promise(resolve => setTimeout(resolve, tripMs))
      return 1
    },
    async resign() {
      tripsAtResign.push(tripMs)
    },
  }
  startReaper({ ledger, holder: 'one', isOurs: () => true, end: never, onFailed() {} })
  await vi.advanceTimersByTimeAsync(20_000)
  expect(tripsAtResign).toEqual([])
  await vi.advanceTimersByTimeAsync(20_000)
  expect(tripsAtResign[0]).toBeGreaterThan(1_000)
})
