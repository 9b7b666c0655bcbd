import { createStats } from '@warm-agent/proxy/stats'
import { expect, test } from 'vitest'
import { renderStatsPage } from '../src/report/stats-page.ts'
import { serveStats } from '../src/serve-stats.ts'

const at = { port: 0, host: '127.0.0.1' }

test('the statistics are JSON for a program and a page for people, and nothing else', async () => {
  const stats = createStats()
  const details = { agent: 'default', qualifier: 'DEFAULT', sessionTag: 'warm-01234567' }
  for (const type of ['warm-started', 'session-closed'] as const) stats.onEvent({ ...details, type, atMs: 1_000 })
  const url = await serveStats(stats, at)

  const json = await fetch(new URL('/stats', url))
  expect(json.headers.get('content-type')).toBe('application/json')
  expect(await json.json()).toMatchObject({ warmUps: { started: 1, unused: 1 }, verdict: { advice: 'wait' } })

  const html = await (await fetch(url)).text()
  expect(html).toContain('<h1>Too early to tell</h1>')
  expect(html).toContain('1: 0 used, 1 never used')
  // Without an icon of its own a browser would ask for /favicon.ico.
  expect(html).toContain('<link rel="icon" href="data:,">')
  expect(html).not.toMatch(/<script|NaN|undefined/)

  expect((await fetch(new URL('/other', url))).status).toBe(404)
  expect((await fetch(new URL('/stats', url), { method: 'POST' })).status).toBe(404)
})

test('what first messages found adds up to as many as there were, callers who are held out among them', () => {
  const stats = createStats()
  const details = {
    agent: 'default',
    qualifier: 'DEFAULT',
    type: 'message-answered',
    atMs: 1_000,
    joinMs: 0,
    agentMs: 9,
  } as const
  const found = [
    { outcome: 'warm' },
    { outcome: 'warm' },
    { outcome: 'joined' },
    { outcome: 'cold', isHeldOut: true },
  ] as const
  for (const [index, each] of found.entries())
    stats.onEvent({ ...details, ...each, sessionTag: `warm-0123456${index}` })
  expect(stats.report().firstMessages).toEqual({ total: 4, warm: 2, joined: 1, rewarmed: 0, cold: 0, heldOut: 1 })
  expect(renderStatsPage(stats.report())).toContain('<dd>4: 2 warm, 1 joined, 0 rewarmed, 0 cold, 1 held out</dd>')
})

test('the page says within which bounds the mean lies, and that the price of a pool that nobody tells of is not known', () => {
  const stats = createStats()
  const about = { agent: 'default', qualifier: 'DEFAULT', atMs: 1_000 }
  const answer = { type: 'message-answered', joinMs: 0 } as const
  for (let visit = 0; visit < 60; visit++) {
    const ms = 3_000 + (visit % 2) * 1_000
    const pooled = { type: 'session-claimed', tookMs: 1, ageMs: 60_000, evidence: 'observed' } as const
    stats.onEvent({ ...about, ...pooled, sessionTag: `warm-${visit}` })
    stats.onEvent({ ...about, ...answer, sessionTag: `warm-${visit}`, outcome: 'warm', agentMs: 100 })
    stats.onEvent({ ...about, ...answer, sessionTag: `held-${visit}`, outcome: 'cold', agentMs: ms, isHeldOut: true })
  }
  const page = renderStatsPage(stats.report())
  expect(page).toContain('<dd>3.40 s; in 95 of 100 cases between 3.27 s and 3.53 s</dd>')
  expect(page).toMatch(/<dt>a second saved<\/dt><dd>not known: not all processes of the pool tell/)
  expect(page).toMatch(/<dd>\$0\.0203 or more, of which \$0\.0000 for warm-ups that were never used and \$0\.0203 for/)
  stats.onPoolEvent({ type: 'session-retired', atMs: 1_000, ageMs: 9 })
  expect(renderStatsPage(stats.report())).toContain('1 never used (1 of them never left the pool), 0 waiting')
})

test('a port that is taken is one sentence', async () => {
  const { port } = await serveStats(createStats(), at)
  await expect(serveStats(createStats(), { ...at, port: Number(port) })).rejects.toThrow(
    `Could not listen on 127.0.0.1:${port}: it is in use. Choose another --warm-agent-admin-port.`,
  )
})
