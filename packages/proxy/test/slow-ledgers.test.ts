import { memoryLedger, type SessionLedger } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy } from './browser.ts'
import { connectTo } from './connect-to-ledger.ts'
import { createFakeRuntime } from './fake-runtime.ts'
import { prepareFleet } from './fleet.ts'

const { pass, during } = prepareFleet()

/** A ledger that one instance at a time leads, until it resigns. */
function sharedLedger(): SessionLedger {
  let leader: string | undefined
  return {
    ...memoryLedger(),
    async lead(instance) {
      leader ??= instance
      return leader === instance ? 1 : undefined
    },
    async resign(instance) {
      if (leader === instance) leader = undefined
    },
  }
}

/** The same over a connection on which a round trip takes that long. What is due takes two. */
function slow(ledger: SessionLedger, msOf: () => number): SessionLedger {
  const after =
    <Words extends unknown[], Answer>(ask: (...words: Words) => Promise<Answer>, trips = 1) =>
    async (...words: Words): Promise<Answer> => {
      const answer = await ask(...words)
      for (let trip = 0; trip < trips; trip++) await new Promise(resolve => setTimeout(resolve, msOf()))
      return answer
    }
  const { read, write, due, lead, resign } = ledger
  return {
    ...ledger,
    read: after(read),
    write: after(write),
    due: after(due, 2),
    lead: after(lead),
    resign: after(resign),
  }
}

/** In turn as long as each of them. */
function inTurn(...all: number[]): () => number {
  let turn = 0
  return () => all[turn++ % all.length] ?? 0
}

test.each([
  ['is always slow', inTurn(600)],
  ['is now fast, now slow', inTurn(600, 900, 450, 700, 550)],
])('a parked session is stopped though the only instance’s ledger %s', async (_, msOf) => {
  const { runtime, log } = createFakeRuntime()
  const { openWarm, post } = createTestProxy({ runtime, ledger: slow(memoryLedger(), msOf) })
  const { ticket } = await during(openWarm())
  await during(post('/sessions/close?afterMs=1000', { ticket }))
  await pass(20_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})

test('a ledger that becomes slow for good is taken to be so, and goes on being reaped', async () => {
  const { runtime, log } = createFakeRuntime()
  let ms = 0
  const { openWarm, post, proxy } = createTestProxy({ runtime, ledger: slow(memoryLedger(), () => ms) })
  // What it was for long counts no more than what it has been lately.
  await pass(30_000)
  const { ticket } = await during(openWarm())
  ms = 800
  await during(post('/sessions/close?afterMs=1000', { ticket }))
  await pass(30_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
  await during(proxy.close())
})

test.each([
  ['is slow', inTurn(600)],
  ['is late at random', inTurn(100, 1_900)],
  ['is slower than any call waits for', inTurn(1_500)],
  ['is late always', inTurn(6_000)],
])('what a dead instance left is stopped though the ledger of the one that leads %s', async (_, msOf) => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const { runtime, log } = createFakeRuntime()
  const ledger = sharedLedger()
  createTestProxy({ runtime, ledger: slow(ledger, msOf) })
  await pass(1_500)
  createTestProxy({ runtime, ledger })
  const dead = connectTo(ledger)
  const { openWarm, post } = createTestProxy({ runtime, ledger: dead.ledger })
  await post('/sessions/close?afterMs=2000', { ticket: (await openWarm()).ticket })
  dead.connection.is = 'hung'
  await pass(30_000)
  expect(log.at(-1)).toBe('vm 1 stopped')
})
