import type { ClaimedSession, SessionPool } from '@warm-agent/proxy'
import { withHoldOut } from '@warm-agent/proxy/stats'
import { expect, test } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'

/** An agent with sessions that were warmed ahead, and what became of the pool. */
async function createStock(sizes: { spares?: number } = {}) {
  const { runtime, log, ...rest } = createFakeRuntime()
  const spares: ClaimedSession[] = []
  for (let number = 1; number <= (sizes.spares ?? 1); number++) {
    const id = `spare-${number}-of-the-pool-of-this-test`
    const nonce = `nonce ${number}`
    const session = { id, qualifier: 'DEFAULT' }
    await runtime.invoke(session, runtime.warmUpRequest(nonce), new AbortController().signal)
    const nowMs = Date.now()
    const times = { bornAtMs: nowMs - 3_600_000, touchedAtMs: nowMs }
    spares.push({ runtimeSessionId: id, qualifier: 'DEFAULT', nonce, evidence: 'observed', ...times })
  }
  log.length = 0
  let claims = 0
  const pool: SessionPool = {
    async claim() {
      claims++
      return spares.shift() ?? null
    },
  }
  return { runtime, log, pool, claims: () => claims, ...rest }
}

test('a page is given a session of the pool: warm at once, and nothing is started', async () => {
  const { runtime, log, pool } = await createStock()
  const { open, send, events } = createTestProxy({ runtime, pool })
  const { next } = await open()
  expect(await next()).toMatchObject({ event: 'lease', data: { status: 'warm' } })
  const warm = await next()
  expect(warm).toMatchObject({ event: 'warm', data: { source: 'pool', evidence: 'observed', status: 'warm' } })
  expect(await next()).toBeUndefined()
  if (warm?.event !== 'warm') throw new Error('not warm')
  expect(warm.data.tookMs).toBeLessThan(1000)
  expect(outcomeOf(await send('hello', warm.data.ticket))).toBe('warm')
  expect(log).toEqual(['vm 1 ran hello'])
  expect(events.map(({ type }) => type)).toEqual(['session-claimed', 'message-answered'])
})

test('it is held unsent for as long as any other, counted from the claim, and its life counts from its birth', async () => {
  const { runtime, pool } = await createStock()
  const { openWarm, beat } = createTestProxy({ runtime, pool })
  const { ticket, holdMs } = await openWarm()
  expect(holdMs).toBeGreaterThan(890_000)
  expect(holdMs).toBeLessThanOrEqual(900_000)
  expect((await beat(ticket)).status).toBe('warm')
})

test('an empty pool falls back to warming on open', async () => {
  const { runtime, pool, log } = await createStock({ spares: 0 })
  const { openWarm } = createTestProxy({ runtime, pool })
  expect(await openWarm()).toMatchObject({ source: 'started' })
  expect(log).toEqual(['vm 1 started', 'vm 1 warmed'])
})

test('a message that brings no session is given one of the pool, and goes cold without', async () => {
  const { runtime, pool, log } = await createStock()
  const { send } = createTestProxy({ runtime, pool })
  expect(outcomeOf(await send('first'))).toBe('warm')
  expect(outcomeOf(await send('second'))).toBe('cold')
  expect(log).toEqual(['vm 1 ran first', 'vm 2 started', 'vm 2 ran second'])
})

test('a caller who is held out is given no session of the pool, neither for a message nor to invoke the agent itself', async () => {
  const { runtime, pool, claims } = await createStock()
  const { send, proxy } = createTestProxy({
    runtime,
    pool,
    authorize: withHoldOut(() => ({ callerId: 'ann' }), { share: 1 }),
  })
  expect(outcomeOf(await send('hello'))).toBe('cold')
  expect(await proxy.session(new Request('http://chat.test/chat'))).toMatchObject({ outcome: 'cold' })
  expect(claims()).toBe(0)
})

test('a session of the pool whose message could not be sent is stopped: nobody has a ticket of it', async () => {
  const { runtime, pool, log, failNext } = await createStock()
  failNext(failure('refused'))
  expect((await createTestProxy({ runtime, pool }).send('hi')).ok).toBe(false)
  await expect.poll(() => log).toEqual(['failed', 'vm 1 stopped'])
})

test('no two callers are given the same session', async () => {
  const { runtime, pool } = await createStock({ spares: 3 })
  const { post } = createTestProxy({ runtime, pool })
  const answers = await Promise.all(
    ['ann', 'bob', 'cyd', 'dee'].map(user => post('/messages', { body: user, headers: { 'x-user': user } })),
  )
  expect(answers.map(outcomeOf).sort()).toEqual(['cold', 'warm', 'warm', 'warm'])
})

test.each([
  ['late', () => Promise.reject(new Error('Redis is gone'))],
  [
    'at once',
    () => {
      throw new Error('Redis is gone')
    },
  ],
])('a pool that fails %s costs nothing but warmth, and is told of', async (_, claim) => {
  const { runtime } = createFakeRuntime()
  const { openWarm, events } = createTestProxy({ runtime, pool: { claim } })
  expect(await openWarm()).toMatchObject({ source: 'started' })
  expect(events[0]).toMatchObject({ type: 'pool-failed', cause: { message: 'Redis is gone' } })
})

test('a session that the pool gives up too late is stopped', async () => {
  const { runtime, log, pool } = await createStock()
  let give = () => {}
  const late = new Promise<void>(resolve => {
    give = resolve
  })
  const { openWarm } = createTestProxy({ runtime, pool: { claim: () => late.then(() => pool.claim()) } })
  expect(await openWarm()).toMatchObject({ source: 'started' })
  give()
  await expect.poll(() => log).toContain('vm 1 stopped')
})

test('a caller who has enough sessions does not drain the pool', async () => {
  const { runtime, pool, claims } = await createStock({ spares: 3 })
  const { open, openWarm } = createTestProxy({ runtime, pool, limits: { liveSessionsPerCaller: 1 } })
  await openWarm()
  expect((await open()).response.status).toBe(429)
  expect(claims()).toBe(1)
})

test.each([
  ['place among those of its caller', { liveSessionsPerCaller: 2 }],
  ['share of the money', { unsentDollarsPerDay: 0.51, unsentDollarsPerHour: 1 }],
])('a session of the pool takes one %s, as one that is started does', async (_, limits) => {
  const { runtime, pool } = await createStock({ spares: 3 })
  const { open } = createTestProxy({ runtime, pool, limits })
  const statuses = [await open(), await open(), await open()].map(({ response }) => response.status)
  expect(statuses).toEqual([200, 200, 429])
})

test('a session of the pool that is closed makes room', async () => {
  const { runtime, pool } = await createStock()
  const { open, openWarm, post } = createTestProxy({ runtime, pool, limits: { liveSessionsPerCaller: 1 } })
  await post('/sessions/close', { ticket: (await openWarm()).ticket })
  expect((await open()).response.status).toBe(200)
})

test('a proxy that closes stops the session of the pool that a page has', async () => {
  const { runtime, log, pool } = await createStock()
  const { openWarm, proxy } = createTestProxy({ runtime, pool })
  await openWarm()
  await proxy.close()
  expect(log).toEqual(['vm 1 stopped'])
})

test('claims take nothing of the budget of warm-ups', async () => {
  const { runtime, pool } = await createStock({ spares: 3 })
  const { openWarm } = createTestProxy({ runtime, pool, limits: { warmUpsPerSecond: 1 } })
  const sources = [await openWarm(), await openWarm(), await openWarm()].map(({ source }) => source)
  expect(sources).toEqual(['pool', 'pool', 'pool'])
})

test('several agents name their pools', async () => {
  const stock = await createStock()
  const other = createFakeRuntime()
  const { open } = createTestProxy({
    runtime: undefined,
    agents: { travel: stock.runtime, music: other.runtime },
    pool: { travel: stock.pool },
  } as never)
  const lease = async (agent: string) => (await (await open({ body: JSON.stringify({ agent }) })).next())?.data
  expect(await lease('travel')).toMatchObject({ status: 'warm' })
  expect(await lease('music')).toMatchObject({ status: 'warming' })
})

test.each([
  [{ strange: { claim: async () => null } }, ['default'], 'option pool: strange is not an agent'],
  [{ claim: 7 }, ['default'], 'option pool is an object: expected a pool'],
  [{ claim: async () => null }, ['travel', 'music'], 'option pool: it is one pool, and there are several agents'],
])('a pool that makes no sense is refused: %j', (pool, names, message) => {
  const { runtime } = createFakeRuntime()
  const agents = Object.fromEntries(names.map(name => [name, runtime]))
  expect(() => createTestProxy({ runtime: undefined, agents, pool } as never)).toThrow(message)
})
