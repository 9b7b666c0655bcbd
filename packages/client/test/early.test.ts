import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { earlyScript } from '@warm-agent/client/early'
import { settle } from '@warm-agent/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { openPage } from './early-page.ts'

afterEach(() => {
  for (const key of Object.keys(globalThis)) if (key.startsWith('warm-agent')) Reflect.deleteProperty(globalThis, key)
  vi.unstubAllGlobals()
})

const base = 'https://chat.example/api/agent'

test.each([
  ['no options', {}],
  ['a long address and a name', { endpoint: 'https://agents.example.com/api/agent', agent: 'travel-agent' }],
])('with %s the script has at most 700 bytes, gzipped', async (_, options) => {
  const { script } = await earlyScript(options)
  expect(gzipSync(script).length).toBeLessThanOrEqual(700)
})

test('the hash is that of the text between the tags', async () => {
  const { script, hash } = await earlyScript({ agent: 'travel' })
  expect(hash).toBe(`sha256-${createHash('sha256').update(script).digest('base64')}`)
})

test('the text is one line of ASCII that ends no script element, whatever the names', async () => {
  const { script } = await earlyScript({
    endpoint: '/</script>\n<!--\u2028',
    agent: 'reisebüro "$&" `$1` \\ </script>',
  })
  expect(script).toMatch(/^[\x20-\x7e]+$/)
  expect(script).not.toContain('<')
})

test.each([
  [{ endpoint: 7 }, 'endpoint cannot be 7'],
  [{ agent: null }, undefined],
  [{ headers: {} }, 'headers cannot be [object Object]'],
])('options %j are %s', async (options, why) => {
  const making = earlyScript(options as object)
  if (why) await expect(making).rejects.toThrow(`Could not make the early script: ${why}. See EarlyScriptOptions.`)
  else await making
})

test('a visible page opens a session at once, with its cookies', async () => {
  const { run, openings } = openPage()
  await run()
  expect(openings).toMatchObject([{ url: `${base}/sessions`, body: {} }])
  expect(openings[0]?.init).toMatchObject({ method: 'POST', credentials: 'include' })
  expect(new Headers(openings[0]?.init.headers).get('Warm-Agent-Version')).toBe('1')
})

test.each([
  [{ agent: 'travel' }, `${base}/sessions`, { agent: 'travel' }],
  [{ endpoint: 'warm/' }, 'https://chat.example/room/warm/sessions', {}],
  [{ endpoint: 'https://agents.example//?x=1#y' }, 'https://agents.example/sessions', {}],
  [{ agent: 'reisebüro "$&" `$1` \\ </script>' }, `${base}/sessions`, { agent: 'reisebüro "$&" `$1` \\ </script>' }],
])('with %j a session adopts what was opened', async (options, url, body) => {
  const { run, openings, start } = openPage()
  await run(options)
  expect(openings).toMatchObject([{ url, body }])
  const { session, status } = start(options)
  session.mount()
  await openings[0]?.lease()
  await openings[0]?.warm()
  await openings[0]?.end()
  expect(status()).toBe('warm')
  expect(openings).toHaveLength(1)
})

test.each([
  ['hidden or prerendered', { isVisible: false }],
  ['of a user who saves data', { savesData: true }],
  ['whose tab keeps a lease of the page before', { tab: new Map([[`warm-agent  ${base} `, '{}']]) }],
  ['that may not store anything', { forbidsStorage: true }],
  ['whose tab keeps a lease of some user', { tab: new Map([[`warm-agent ann ${base} `, '{}']]) }],
  ['for which another tab keeps its spare', { spares: new Map([[`warm-agent ann ${base} `, '{}']]) }],
  ['beside a tab that holds the spare', { locks: [`warm-agent spare ${base} `] }],
])('a page %s opens nothing', async (_, world) => {
  const { run, openings } = openPage(world)
  await run()
  expect(openings).toEqual([])
})

test.each([undefined, 'travel', 'a "b" \\ ü'])(
  'the lease that a session of agent %s keeps is the one that the script looks for',
  async agent => {
    const before = openPage()
    const { session, environment } = before.start({ agent })
    session.mount()
    await settle()
    await before.openings[0]?.lease()
    await environment.leave()
    expect(before.tab.size).toBe(1)

    const next = openPage({ tab: before.tab })
    await next.run({ agent: 'another' })
    expect(next.openings).toHaveLength(1)
    await next.run({ agent })
    expect(next.openings).toHaveLength(1)
  },
)

test('the spare of another agent, in another tab, is no reason to open nothing', async () => {
  const { run, openings } = openPage({ locks: [`warm-agent spare ${base} travel`, 'anything'] })
  await run()
  expect(openings).toHaveLength(1)
})

test('a script that is there twice opens one session', async () => {
  const { run, openings } = openPage()
  await run()
  await run()
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
  await openings[0]?.lease()
  await openings[0]?.warm()
  await openings[0]?.end()
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
  await openings[1]?.lease()
  await openings[1]?.warm()
  await openings[1]?.end()
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
  [5999, 1],
  [6001, 2],
])('a lease of %i ms, of which 6000 are left before the first beat, means %i openings', async (ageMs, count) => {
  const { run, openings, start, beacons } = openPage()
  vi.setSystemTime(0)
  await run()
  await openings[0]?.lease({ beatMs: 9000, ttlMs: 15_000 })
  vi.setSystemTime(ageMs)
  start().session.mount()
  await settle()
  vi.useRealTimers()
  expect(openings).toHaveLength(count)
  expect(beacons).toHaveLength(count - 1)
})

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

test('a session that nobody adopted is closed when the page is left, and not adopted afterwards', async () => {
  const { run, openings, leave, beacons, start } = openPage()
  await run()
  await openings[0]?.lease()
  await leave()
  expect(beacons).toEqual([[`${base}/sessions/close`, 'first']])
  expect(openings[0]?.isAborted()).toBe(true)
  start().session.mount()
  await settle()
  expect(openings).toHaveLength(2)
})

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
