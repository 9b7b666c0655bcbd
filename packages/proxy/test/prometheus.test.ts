import { createPrometheusMetrics } from '@warm-agent/proxy/prometheus'
import { Registry } from 'prom-client'
import { expect, test, vi } from 'vitest'
import { createTestProxy } from './browser.ts'
import { createFakeRuntime, failure } from './fake-runtime.ts'

test('what happens is counted and timed, in the text format of Prometheus', async () => {
  const metrics = createPrometheusMetrics()
  const fake = createFakeRuntime()
  const { openWarm, openLease, send, post } = createTestProxy({ runtime: fake.runtime, onEvent: metrics.onEvent })
  const { ticket } = await openWarm()
  await (await send('hi', ticket)).text()
  await (await send('hi')).text()
  await (await send('hi', 'no ticket')).text()
  await post('/sessions/close', { ticket })
  fake.failNext(failure('quota'))
  await openLease()
  await vi.waitFor(async () => expect(await metrics.registry.metrics()).toContain('result="quota_exceeded"'))

  const text = await metrics.registry.metrics()
  const about = 'agent="default",endpoint="DEFAULT"'
  for (const line of [
    `warm_agent_warm_ups_started_total{${about}} 2`,
    `warm_agent_warm_ups_total{${about},result="warm"} 1`,
    `warm_agent_warm_ups_total{${about},result="quota_exceeded"} 1`,
    `warm_agent_messages_total{${about},outcome="warm"} 1`,
    `warm_agent_messages_total{${about},outcome="cold"} 1`,
    `warm_agent_requests_failed_total{route="message",code="ticket_invalid"} 1`,
    `warm_agent_sessions_ended_total{${about},how="closed"} 1`,
    `warm_agent_message_agent_seconds_count{${about},outcome="warm"} 1`,
    `warm_agent_message_agent_seconds_bucket{le="+Inf",${about},outcome="warm"} 1`,
  ]) {
    expect(text.split('\n')).toContain(line)
  }
  expect(text).not.toMatch(/warm-[0-9a-f]{8}|eyJ|ann/)
})

test('how often the pool had a session is told: claimed, or started in its place (suna #3505: a pool that serves nothing)', async () => {
  const metrics = createPrometheusMetrics()
  const nowMs = Date.now()
  const times = { bornAtMs: nowMs, touchedAtMs: nowMs }
  const runtimeSessionId = 'pooled-session-number-1-of-this-test'
  const spares = [{ runtimeSessionId, qualifier: 'DEFAULT', nonce: 'nonce', evidence: 'observed' as const, ...times }]
  const { openWarm } = createTestProxy({
    runtime: createFakeRuntime().runtime,
    pool: { claim: async () => spares.shift() ?? null },
    onEvent: metrics.onEvent,
  })
  for (let page = 0; page < 3; page++) await openWarm()
  const lines = (await metrics.registry.metrics()).split('\n')
  expect(lines).toContain('warm_agent_sessions_claimed_total{agent="default",endpoint="DEFAULT"} 1')
  expect(lines).toContain('warm_agent_warm_ups_started_total{agent="default",endpoint="DEFAULT"} 2')
})

test('the longest cold start has a bucket, and no time is lost beyond the last', async () => {
  const { onEvent, registry } = createPrometheusMetrics()
  const about = { atMs: 0, agent: 'a', qualifier: 'blue', sessionTag: 'warm-01234567' }
  for (const tookMs of [90, 2_500, 500_000]) onEvent({ ...about, type: 'warm-succeeded', tookMs, evidence: 'observed' })
  const rows = [...(await registry.metrics()).matchAll(/warm_up_seconds_bucket\{le="([^"]+)",(.*)\} (\d+)/g)]
  const counts = Object.fromEntries(rows.map(([, most, , count]) => [most, Number(count)]))
  expect(counts).toMatchObject({ '0.05': 0, '0.1': 1, '2': 1, '3': 2, '120': 2, '+Inf': 3 })
})

test('each time and each end is told as what it is', async () => {
  const { onEvent, registry } = createPrometheusMetrics()
  const about = { atMs: 0, agent: 'a', qualifier: 'blue', sessionTag: 'warm-01234567' }
  onEvent({ ...about, type: 'message-answered', outcome: 'warm', joinMs: 2_000, agentMs: 500 })
  onEvent({ ...about, type: 'session-lent', outcome: 'joined', joinMs: 3_000, isFirst: true })
  onEvent({ ...about, type: 'session-reaped', reason: 'parked' })
  onEvent({ ...about, type: 'session-expired', reason: 'idle' })
  const lines = (await registry.metrics()).split('\n')
  const labels = 'agent="a",endpoint="blue"'
  expect(lines.filter(line => /_sum|ended_total\{/.test(line)).sort()).toEqual([
    `warm_agent_message_agent_seconds_sum{${labels},outcome="warm"} 0.5`,
    `warm_agent_message_join_seconds_sum{${labels},outcome="joined"} 3`,
    `warm_agent_message_join_seconds_sum{${labels},outcome="warm"} 2`,
    `warm_agent_sessions_ended_total{${labels},how="expired-idle"} 1`,
    `warm_agent_sessions_ended_total{${labels},how="reaped"} 1`,
  ])
})

test('an unknown option is refused by name', () => {
  expect(() => createPrometheusMetrics({ register: new Registry() } as never)).toThrow(
    'Could not count for Prometheus: there is no option register. Give `registry`, or nothing.',
  )
})

test("they can stand in a user's own registry", async () => {
  const registry = new Registry()
  createPrometheusMetrics({ registry })
  expect(await registry.metrics()).toContain('# TYPE warm_agent_messages_total counter')
})
