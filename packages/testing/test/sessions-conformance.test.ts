import { expect, test } from 'vitest'
import { outcomeOf } from '../../proxy/test/browser.ts'
import { codeOf, playAlike, refusedBeat, ticketOf } from './play-alike.ts'
import { createPage, fakeWorld, realWorld } from './worlds.ts'

const minute = 60_000

const server = playAlike({
  'a session opens with a lease at once and warm when the warm-up ends': [
    { warmUpMs: 3000 },
    async ({ open, pass }) => {
      const { response, next } = await open({ body: '{}' })
      const lease = await next()
      await pass(3000)
      return [response.headers.get('content-type'), lease, await next(), await next()]
    },
    [
      'text/event-stream; charset=utf-8',
      { event: 'lease', data: { status: 'warming', ttlMs: 15 * minute, holdMs: 15 * minute } },
      { event: 'warm', data: { status: 'warm', source: 'started', tookMs: 3000, evidence: 'observed' } },
      undefined,
    ],
  ],
  'a session whose warm-up failed cannot be held': [
    { isFull: true },
    async page => {
      const { ticket, next } = await page.visit()
      await next()
      const beat = await refusedBeat(page, ticket)
      return [beat, outcomeOf(await page.send('hi', ticket))]
    },
    [[410, 'session_expired'], 'rewarmed'],
  ],
  'a beat during the warm-up touches nothing': [
    { warmUpMs: 3000 },
    async ({ openLease, beat, pass }) => {
      const { ticket } = await openLease()
      await pass(1000)
      return beat(ticket)
    },
    { status: 'warming', ttlMs: 15 * minute - 1000 },
  ],
  'a beat renews the lease': [
    { expireAfterMs: 10_000 },
    async page => {
      const { ticket } = await page.openWarm()
      page.sleep(9000)
      const lease = await page.beat(ticket)
      page.sleep(9000)
      const next = await page.beat(lease.ticket)
      page.sleep(10_000)
      return [lease, next, await refusedBeat(page, next.ticket)]
    },
    [{ status: 'warm', ttlMs: 10_000, holdMs: 891_000 }, { holdMs: 882_000 }, [410, 'session_expired']],
  ],
  'an unsent session is held for 15 minutes at most, and closed then': [
    {},
    async page => {
      const { ticket } = await page.openWarm()
      page.sleep(10 * minute)
      const lease = await page.beat(ticket)
      page.sleep(5 * minute)
      return [lease, await refusedBeat(page, lease.ticket), outcomeOf(await page.send('hi', lease.ticket))]
    },
    [{ ttlMs: 15 * minute, holdMs: 5 * minute }, [410, 'session_expired'], 'rewarmed'],
  ],
  'a session is closed once and for all': [
    {},
    async page => {
      const { ticket } = await page.openWarm()
      const first = await page.post('/sessions/close', { ticket })
      const again = await page.post('/sessions/close', { body: `${ticket}\n` })
      const beat = await refusedBeat(page, ticket)
      const message = await page.send('hi', ticket)
      const lease = await page.beat(ticketOf(message))
      return [first.status, again.status, beat, outcomeOf(message), lease, await refusedBeat(page, ticket)]
    },
    [204, 204, [410, 'session_expired'], 'rewarmed', { status: 'warm' }, [410, 'session_expired']],
  ],
  'a session that is closed while it warms is stopped after that, and stays closed': [
    { warmUpMs: 1000 },
    async page => {
      const { ticket } = await page.openLease()
      const statuses: (number | string)[] = []
      const closing = page.post('/sessions/close', { ticket }).then(({ status }) => statuses.push(status))
      await page.pass(900)
      statuses.push('not yet')
      await page.pass(600)
      await closing
      return [statuses, await refusedBeat(page, ticket)]
    },
    [
      ['not yet', 204],
      [410, 'session_expired'],
    ],
  ],
  'a parked session is kept by a beat, kept by a message, and closed without': [
    {},
    async page => {
      const { ticket } = await page.openWarm()
      const park = () => page.post('/sessions/close?afterMs=5000', { ticket })
      const { status } = await park()
      await page.pass(4000)
      const beat = await page.beat(ticket)
      await page.pass(2000)
      await park()
      const message = await page.send('hi', ticket)
      await message.text()
      await page.pass(6000)
      const kept = await page.beat(ticket)
      await park()
      await page.pass(5000)
      return [status, beat, outcomeOf(message), kept, await refusedBeat(page, ticket)]
    },
    [204, { status: 'warm' }, 'warm', { status: 'warm' }, [410, 'session_expired']],
  ],
  'a page that leaves while its session warms has it parked for 30 s': [
    { warmUpMs: 1000 },
    async page => {
      const [lost, kept] = [await page.visit(), await page.visit()]
      await lost.leave()
      await kept.leave()
      await page.pass(29_000)
      const beat = await page.beat(kept.ticket)
      await page.pass(1000)
      return [beat, await refusedBeat(page, lost.ticket), await page.beat(kept.ticket)]
    },
    [{ status: 'warm' }, [410, 'session_expired'], { status: 'warm' }],
  ],
  'a page that leaves when its session is warm leaves it as it is': [
    {},
    async page => {
      const { ticket, next, leave } = await page.visit()
      await next()
      await leave()
      await page.pass(31_000)
      return page.beat(ticket)
    },
    { status: 'warm' },
  ],
  'a session that is parked for longer than it lives is closed when its life is over': [
    { expireAfterMs: 10_000 },
    async page => {
      const { ticket } = await page.openWarm()
      await page.post('/sessions/close?afterMs=60000', { ticket })
      await page.pass(10_000)
      const message = await page.send('hi', ticket)
      return [outcomeOf(message), await refusedBeat(page, ticket), await page.beat(ticketOf(message))]
    },
    ['rewarmed', [410, 'session_expired'], { status: 'warm' }],
  ],
  'a session lives for eight hours at most': [
    { expireAfterMs: 300 * minute },
    async page => {
      const message = await page.send('hi')
      page.sleep(240 * minute)
      const lease = await page.beat(ticketOf(message))
      page.sleep(240 * minute)
      return [lease, await refusedBeat(page, lease.ticket)]
    },
    [{ status: 'warm', ttlMs: 240 * minute, holdMs: 240 * minute }, [410, 'session_expired']],
  ],
  'no ticket and an unknown one look the same': [
    {},
    async ({ post }) => [
      await codeOf(await post('/sessions/beat')),
      await codeOf(await post('/sessions/beat', { ticket: 'nonsense' })),
      await codeOf(await post('/sessions/close', { body: '' })),
      await codeOf(await post('/sessions/close', { ticket: 'nonsense' })),
      await codeOf(await post('/messages', { ticket: 'nonsense', body: 'hi' })),
    ],
    Array(5).fill([401, 'ticket_invalid']),
  ],
  'what makes no sense is refused': [
    {},
    async page => {
      const { ticket } = await page.openWarm()
      const newer = { headers: { 'Warm-Agent-Version': '2' } }
      const answers = [
        await page.post('/sessions', { body: '{' }),
        await page.post('/sessions', { body: '{"agent":1}' }),
        await page.post('/sessions', { body: '[]' }),
        await page.post('/sessions/close?afterMs=soon', { ticket }),
        await page.post('/sessions/close?afterMs=', { ticket }),
        await page.post('/sessions/close?afterMs=5x', { ticket }),
        await page.post('/sessions', newer),
        await page.post('/sessions', { headers: { 'Warm-Agent-Version': '0' } }),
        await page.post('/nowhere', newer),
        await page.post('/messages', { method: 'PUT', body: 'hi' }),
        await page.post('/sessions', { headers: { 'Sec-Purpose': 'prefetch;prerender' } }),
      ]
      return Promise.all(answers.map(codeOf))
    },
    [
      ...Array(6).fill([400, 'bad_request']),
      ...Array(2).fill([426, 'unsupported_version']),
      ...Array(2).fill([404, 'not_found']),
      [403, 'forbidden'],
    ],
  ],
  'health is told': [{}, async ({ post }) => (await post('/health', { method: 'GET' })).json(), { status: 'ok' }],
})

test('the beat is told within the bounds of the real one', async () => {
  for (const world of [realWorld({}), fakeWorld(server, {})]) {
    const { beatMs } = await createPage(world).openWarm()
    expect(beatMs).toBeGreaterThan(9 * minute * 0.9)
    expect(beatMs).toBeLessThanOrEqual(9 * minute)
  }
})

test('tickets are fresh each time', async () => {
  for (const world of [realWorld({}), fakeWorld(server, {})]) {
    const { openWarm, beat, send } = createPage(world)
    const { ticket } = await openWarm()
    const tickets = [ticket, (await beat(ticket)).ticket, ticketOf(await send('hi', ticket)), (await openWarm()).ticket]
    expect(new Set(tickets).size).toBe(4)
    for (const one of tickets) expect(one.length).toBeGreaterThan(30)
  }
})
