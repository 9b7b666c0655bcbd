import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stopAll } from './support/command.ts'
import { startEmulate } from './support/emulate.ts'
import { createPage } from './support/page.ts'
import { startProxy } from './support/start-proxy.ts'

let emulator: Awaited<ReturnType<typeof startEmulate>>

beforeAll(async () => {
  emulator = await startEmulate('--boot', 'fixed:50')
}, 60_000)
afterAll(stopAll)

/** A proxy with a metrics port. */
async function start(more: Record<string, string> = {}) {
  const proxy = await startProxy({ ...emulator.env, WARM_AGENT_METRICS_PORT: '0', ...more })
  const [, operations = ''] = await proxy.lineMatching(/metrics: (http:\/\/127\.0\.0\.1:\d+)\/metrics$/)
  return { proxy, page: createPage(proxy.origin), operations }
}

test('metrics tell what happened, readiness proves credentials and ARN, and neither boots a microVM', async () => {
  const { page, operations } = await start()
  const before = (await emulator.books()).totals.vms
  const ready = await fetch(`${operations}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([200, 'ok\n'])
  expect((await fetch(`${operations}/livez`)).status).toBe(200)
  expect((await fetch(`${operations}/elsewhere`)).status).toBe(404)
  expect((await emulator.books()).totals.vms).toBe(before)

  await (await page.open()).end
  await page.send({ prompt: 'hi' })
  const metrics = await fetch(`${operations}/metrics`)
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const told = await metrics.text()
  expect(told).toContain('warm_agent_messages_total{agent="default",endpoint="DEFAULT",outcome="warm"} 1\n')
  expect(told).not.toMatch(/warm-[0-9a-f]{8}/)
})

test.each([
  ['the secret key is wrong', { AWS_SECRET_ACCESS_KEY: 'another' }, 'refused'],
  [
    'there is no such runtime',
    { AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/gone-a1B2c3D4e5' },
    'missing',
  ],
  ['nothing answers there', { AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: 'http://127.0.0.1:9' }, 'unreachable'],
])('it runs and is not ready when %s', async (_, settings, reason) => {
  const { operations } = await start(settings)
  const ready = await fetch(`${operations}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([503, `not ready: the platform refused: ${reason}\n`])
  expect((await fetch(`${operations}/livez`)).status).toBe(200)
})

test('SIGTERM: not ready, no new connections, the answer in flight ends, unsent sessions are stopped, and it exits with 0 at once', async () => {
  const { proxy, page, operations } = await start()
  // Opened ahead of need, as browsers and load balancers do.
  const { port } = new URL(proxy.origin)
  const [unused, begun] = [connect(Number(port), '127.0.0.1'), connect(Number(port), '127.0.0.1')]
  await Promise.all([once(unused, 'connect'), once(begun, 'connect')])
  begun.write('GET /api/agent/health HTTP/1.1\r\n')
  await (await page.open()).end
  const unsent = (await emulator.books()).vms.at(-1)

  const agent = new Agent({ keepAlive: true })
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request(`${proxy.origin}/api/agent/messages`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json' },
    })
      .on('response', resolve)
      .on('error', reject)
      .end(JSON.stringify({ prompt: 'hi', chunks: 12, everyMs: 100 }))
  })
  let said = ''
  answer.on('data', chunk => {
    said += chunk
  })
  const ended = new Promise<number>(resolve => answer.on('end', () => resolve(Date.now())))
  const stopped = proxy.stop('SIGTERM')
  await expect.poll(async () => (await fetch(`${operations}/readyz`)).text()).toBe('not ready: draining\n')
  await expect(fetch(`${proxy.origin}/api/agent/health`)).rejects.toThrow()
  begun.end('host: chat.test\r\n\r\n')
  expect(await text(begun)).toMatch(/^HTTP\/1\.1 200 /)
  const endedAt = await ended
  expect(said).toContain('"chunk":11')
  expect(await stopped).toBe(0)
  // A connection that is kept alive keeps nothing up, nor does one that was never used.
  expect(Date.now() - endedAt).toBeLessThan(5_000)
  expect((await emulator.books()).vms.find(({ sessionId }) => sessionId === unsent?.sessionId)?.state).toBe('ended')
}, 60_000)
