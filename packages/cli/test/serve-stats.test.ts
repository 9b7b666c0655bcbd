import { createStats } from '@warm-agent/proxy/stats'
import { expect, test } from 'vitest'
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
  expect(html).not.toMatch(/<script|NaN|undefined/)

  expect((await fetch(new URL('/other', url))).status).toBe(404)
  expect((await fetch(new URL('/stats', url), { method: 'POST' })).status).toBe(404)
})

test('a port that is taken is one sentence', async () => {
  const { port } = await serveStats(createStats(), at)
  await expect(serveStats(createStats(), { ...at, port: Number(port) })).rejects.toThrow(
    `Could not listen on 127.0.0.1:${port}: it is in use. Choose another --warm-agent-admin-port.`,
  )
})
