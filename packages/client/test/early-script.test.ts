import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { earlyScript } from '@warm-agent/client/early'
import { settle } from '@warm-agent/testing'
import { expect, test } from 'vitest'
import { base, openPage } from './early-page.ts'

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
  [{ agent: 7 }, 'agent cannot be 7'],
  [{ agnet: 'travel' }, 'agnet cannot be travel'],
  [{ headers: {} }, 'headers cannot be [object Object]'],
])('%j is refused, naming the option and the value', async (options, what) => {
  await expect(earlyScript(options as object)).rejects.toThrow(
    `Could not make the early script: ${what}. See EarlyScriptOptions.`,
  )
})

test('a visible page opens a session at once, with its cookies', async () => {
  const { run, openings } = openPage()
  await run()
  expect(openings).toMatchObject([{ url: `${base}/sessions`, body: {} }])
  expect(openings[0]?.init).toMatchObject({ method: 'POST', credentials: 'include' })
  expect(new Headers(openings[0]?.init.headers).get('Warm-Agent-Version')).toBe('1')
})

test.each([
  ['hidden or prerendered', { isVisible: false }],
  ['of a user who saves data', { savesData: true }],
  ['whose tab keeps a lease of the page before', { tab: new Map([[`warm-agent  ${base} `, '{}']]) }],
  ['that may not store anything', { forbidsStorage: true }],
  ['whose tab keeps a lease of some user', { tab: new Map([[`warm-agent ann ${base} `, '{}']]) }],
  ['for which another tab keeps its spare', { spares: new Map([[`warm-agent ann ${base} `, '{}']]) }],
  ['beside a tab that holds the spare', { locks: [`warm-agent spare ${base} `] }],
  ['whose endpoint is no address', {}, { endpoint: 'http://[' }],
])('a page %s opens nothing, and goes on', async (_, world, options?) => {
  const { run, openings } = openPage(world)
  await run(options)
  expect(openings).toEqual([])
})

// Safari and Firefox have no `connection`, pages over plain HTTP no `locks`.
test.each(['connection', 'locks'])('a page without navigator.%s opens a session, too', async what => {
  const { run, openings } = openPage()
  Reflect.deleteProperty(navigator, what)
  await run()
  expect(openings).toHaveLength(1)
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
