import { settle } from '@warm-agent/testing'
import { expect, test, vi } from 'vitest'
import { base, openPage } from './early-page.ts'

test.each([
  [{ agent: 'travel' }, `${base}/sessions`, { agent: 'travel' }],
  [{ agent: null } as object, `${base}/sessions`, { agent: null }],
  [{ endpoint: 'warm/' }, 'https://chat.example/room/warm/sessions', {}],
  [{ endpoint: 'https://agents.example//?x=1#y' }, 'https://agents.example/sessions', {}],
  [{ agent: 'reisebüro "$&" `$1` \\ </script>' }, `${base}/sessions`, { agent: 'reisebüro "$&" `$1` \\ </script>' }],
])('with %j a session adopts what was opened', async (options, url, body) => {
  const { run, openings, start } = openPage()
  await run(options)
  expect(openings).toMatchObject([{ url, body }])
  const { session, status } = start(options)
  session.mount()
  await openings[0]?.complete()
  expect(status()).toBe('warm')
  expect(openings).toHaveLength(1)
})

test('of two sessions the first adopts the flight, and the other opens its own', async () => {
  const { run, openings, start } = openPage()
  await run()
  const first = start()
  first.session.mount()
  await settle()
  expect(openings).toHaveLength(1)
  const second = start()
  second.session.mount()
  await settle()
  expect(openings).toHaveLength(2)
  await openings[0]?.lease({ ticket: 'of the first' })
  expect(first.session.getHeaders()).toMatchObject({ 'warm-agent-ticket': 'of the first' })
  expect(second.session.getHeaders()).not.toHaveProperty('warm-agent-ticket')
})

test('a session that comes long after the warm-up has ended sees it as its own', async () => {
  const { run, openings, start } = openPage()
  await run()
  await openings[0]?.complete()
  const { session, types, status } = start()
  await session.warm()
  expect(types()).toEqual(['warm-started', 'lease-granted', 'warm-succeeded'])
  expect(status()).toBe('warm')
  expect(session.getHeaders()).toMatchObject({ 'warm-agent-ticket': 'second' })
  expect(openings).toHaveLength(1)
})

test.each([{ agent: 'travel' }, { endpoint: '/api/other' }])(
  'a session with %j does not adopt that of another',
  async options => {
    const { run, openings, start } = openPage()
    await run()
    start(options).session.mount()
    await settle()
    expect(openings).toHaveLength(2)
  },
)

test.each([
  ['was refused', (opening?: { refuse(status: number): Promise<void> }) => opening?.refuse(401)],
  ['did not get through', (opening?: { drop(): Promise<void> }) => opening?.drop()],
])('after a flight that %s a session opens its own', async (_, fail) => {
  const { run, openings, start } = openPage()
  await run()
  await fail(openings[0])
  const { session, types, status } = start()
  session.mount()
  await settle()
  await openings[1]?.complete()
  expect(types()).toEqual(['warm-started', 'lease-granted', 'warm-succeeded'])
  expect(status()).toBe('warm')
})

test('a flight that is refused after its adoption costs the session nothing', async () => {
  const { run, openings, start } = openPage()
  await run()
  const { session, types, status } = start({ headers: { authorization: 'Bearer 1' } })
  session.mount()
  await openings[0]?.refuse(401)
  expect(openings).toHaveLength(2)
  expect(new Headers(openings[1]?.init.headers).get('authorization')).toBe('Bearer 1')
  await openings[1]?.lease()
  expect(types()).toEqual(['warm-started', 'lease-granted'])
  expect(status()).toBe('warming')
})

test('a stream that broke before its adoption is closed, and a session opens its own', async () => {
  const { run, openings, start, beacons } = openPage()
  await run()
  await openings[0]?.lease()
  await openings[0]?.drop()
  start().session.mount()
  await settle()
  expect(beacons).toEqual([[`${base}/sessions/close`, 'first']])
  expect(openings).toHaveLength(2)
})

test.each([
  [5999, 0, 1],
  [6001, 0, 2],
  [9999, 4000, 1],
])(
  'a lease of %i ms, last heard of at %i, of which 6000 are left before the first beat, means %i openings',
  async (ageMs, warmAtMs, count) => {
    const { run, openings, start, beacons } = openPage()
    vi.setSystemTime(0)
    await run()
    await openings[0]?.lease({ beatMs: 9000, ttlMs: 15_000 })
    vi.setSystemTime(warmAtMs)
    if (warmAtMs) await openings[0]?.warm()
    vi.setSystemTime(ageMs)
    start().session.mount()
    await settle()
    vi.useRealTimers()
    expect(openings).toHaveLength(count)
    expect(beacons).toHaveLength(count - 1)
  },
)

test('closing a session that has adopted a flight ends the flight', async () => {
  const { run, openings, start } = openPage()
  await run()
  const { session, status } = start()
  session.mount()
  await settle()
  await session.close()
  await settle()
  expect(openings[0]?.isAborted()).toBe(true)
  expect(status()).toBe('idle')
  expect(openings).toHaveLength(1)
})

test.each<[string, (event: string) => string[]]>([
  ['in one piece', event => [event]],
  ['letter by letter', event => [...event]],
  ['in lines that end otherwise', event => [event.replaceAll('\n', '\r\n')]],
  ['without spaces', event => [event.replaceAll(': ', ':')]],
])(
  'a session that nobody adopted, told %s, is closed once when the page is left, and not adopted afterwards',
  async (_, cut) => {
    const { run, openings, leave, beacons, start } = openPage({ cut })
    await run()
    await openings[0]?.lease()
    await leave()
    await leave()
    expect(beacons).toEqual([[`${base}/sessions/close`, 'first']])
    expect(openings[0]?.isAborted()).toBe(true)
    start().session.mount()
    await settle()
    expect(openings).toHaveLength(2)
  },
)

test('a flight that has no lease when the page is left is ended', async () => {
  const { run, openings, leave, beacons } = openPage()
  await run()
  await leave()
  expect(beacons).toEqual([])
  expect(openings[0]?.isAborted()).toBe(true)
})

test('a session that was adopted is left to its adopter', async () => {
  const { run, openings, leave, beacons, start } = openPage()
  await run()
  await openings[0]?.lease()
  const { session } = start()
  session.mount()
  await settle()
  await leave()
  expect(beacons).toEqual([])
  expect(openings[0]?.isAborted()).toBe(false)
})
