import { type Lease, WarmAgentError } from '@warm-agent/protocol'
import { settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { answered, beaten, failing, holdAnswers } from './fake-proxy.ts'
import { later } from './later.ts'
import { start, startMounted } from './start.ts'

const minute = 60_000

test('a warm session is beaten at the cadence of the server, and a beat changes nothing that is shown', async () => {
  const { session, proxy, environment, warmUp } = start()
  await warmUp()
  let changes = 0
  session.store.subscribe(() => changes++)
  await environment.advance(27 * minute)
  expect(proxy.beats.map(({ atMs }) => (atMs - 1_000_000) / minute)).toEqual([9, 18, 27])
  expect(proxy.beats.map(({ ticket }) => ticket)).toEqual(['ticket-2', 'ticket-3', 'ticket-4'])
  expect(changes).toBe(0)
})

test('a beat comes up to a tenth earlier, so that browsers do not beat in step (agentcore-rl-toolkit #51)', async () => {
  const { proxy, environment, warmUp } = start({}, { chance: 1 })
  await warmUp()
  await environment.advance(8.1 * minute)
  expect(proxy.beats).toHaveLength(1)
})

test('no beat is sent while the warm-up is in the air', async () => {
  const { proxy, environment, session } = start()
  void session.warm()
  await proxy.openings[0]?.lease({ beatMs: 1000, ttlMs: 100_000 })
  await environment.advance(20_000)
  expect(proxy.beats).toHaveLength(0)
})

test('after sleep past the deadline the session is expired, never beaten (anthropic-on-aws #284)', async () => {
  const { session, proxy, environment, warmUp, events } = start()
  await warmUp()
  await environment.sleep(15 * minute)
  expect(proxy.beats).toHaveLength(0)
  expect(session.store.getState()).toMatchObject({ status: 'expired', heartbeat: 'off' })
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'idle' })
})

test.each([
  ['session_expired', 'rewarmed', 'ticket-2'],
  ['ticket_invalid', 'cold', null],
] as const)('a beat refused with %s expires the session, and the next message goes %s', async (code, _, ticket) => {
  const { proxy, environment, warmUp, ask, events, status } = start()
  await warmUp()
  proxy.onBeat = failing(new WarmAgentError(code, 'no'))
  await environment.advance(9 * minute)
  expect(status()).toBe('expired')
  expect(events.at(-1)).toMatchObject({ type: 'session-expired', reason: 'refused' })
  await ask()
  expect(proxy.tickets()[0]).toBe(ticket)
  await environment.advance(60 * minute)
  expect(proxy.beats.length).toBeLessThan(10)
})

test('a beat that fails is tried again, less and less often, up to the deadline and not past it', async () => {
  const { proxy, environment, warmUp, events, status } = start()
  await warmUp()
  proxy.onBeat = failing()
  await environment.advance(60 * minute)
  expect(status()).toBe('expired')
  expect(proxy.beats.length).toBeGreaterThan(3)
  expect(proxy.beats.length).toBeLessThan(20)
  expect(proxy.beats.at(-1)?.atMs).toBeLessThan(1_000_000 + 15 * minute)
  expect(events.at(-2)).toMatchObject({ type: 'beat-failed', error: { code: 'agent_unavailable' } })
})

test('a beat in the air at the deadline is aborted, and its late answer is not believed', async () => {
  const { session, proxy, environment, status, types } = start()
  void session.warm()
  // A minute after the beat: one that takes longer than two and a half is given up.
  await proxy.openings[0]?.warm({ ttlMs: 10 * minute })
  await proxy.openings[0]?.end()
  const answer = later<Lease>()
  proxy.onBeat = () => answer.promise
  await environment.advance(10 * minute)
  expect(status()).toBe('expired')
  expect(proxy.beats[0]?.signal.aborted).toBe(true)
  answer.resolve(beaten())
  await settle()
  expect(status()).toBe('expired')
  expect(types().at(-1)).toBe('session-expired')
})

test('a message on its way does not hold off the deadline, and its answer brings the conversation back', async () => {
  const { proxy, environment, warmUp, ask, status } = start()
  await warmUp()
  proxy.onBeat = failing()
  const answer = holdAnswers(proxy)
  const asked = ask()
  await environment.advance(15 * minute)
  expect(status()).toBe('expired')
  answer(answered('rewarmed'))
  await asked
  expect(status()).toBe('active')
})

test('a conversation whose microVM still starts is not asked after more often', async () => {
  const { session, proxy, environment, ask, status, types } = start()
  session.mount()
  await proxy.openings[0]?.lease()
  await ask()
  proxy.onBeat = () => beaten({ status: 'warming' })
  await environment.advance(10 * minute)
  expect(status()).toBe('active')
  expect(types().at(-1)).toBe('beat-succeeded')
  expect(proxy.beats).toHaveLength(1)
})

test('a beat that overlaps a message does not bring back the ticket of an unsent session', async () => {
  const { proxy, environment, warmUp, ask } = start()
  await warmUp()
  const answer = later<Lease>()
  proxy.onBeat = () => answer.promise
  await environment.advance(9 * minute)
  await ask()
  answer.resolve(beaten({ ticket: 'unsent' }))
  await settle()
  await ask()
  expect(proxy.tickets()[1]).toBe('ticket-of-message')
})

test('an expired session can be warmed again, and its timers do not pile up', async () => {
  const { proxy, environment, warmUp, session, status } = start()
  await warmUp()
  await environment.sleep(15 * minute)
  await warmUp()
  expect(proxy.openings).toHaveLength(2)
  expect(status()).toBe('warm')
  expect(environment.leftovers().timers).toBe(1)
  await session.close()
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})

test('a spare that is lost before the user’s eyes, as by a sleep of the machine, is warmed again', async () => {
  const { session, proxy, environment, types } = start()
  session.mount()
  await proxy.openings[0]?.complete()
  await environment.sleep(20 * minute)
  expect(types()).toContain('session-expired')
  expect(proxy.openings).toHaveLength(2)
})

test('a spare that the proxy has ended before the user’s eyes is warmed again when they return', async () => {
  const { proxy, environment } = await startMounted()
  await proxy.openings[0]?.complete()
  proxy.onBeat = failing(new WarmAgentError('session_expired', 'gone'))
  await environment.advance(20 * minute)
  expect(proxy.openings).toHaveLength(1)
  await environment.hide()
  await environment.show()
  expect(proxy.openings).toHaveLength(2)
})
