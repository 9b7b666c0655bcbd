import { createPrometheusMetrics } from '@warm-agent/proxy/prometheus'
import { expect, test, vi } from 'vitest'
import { createReadiness } from '../src/readiness.ts'
import { serveOperations } from '../src/serve-operations.ts'

const refused = () => Promise.reject(Object.assign(new Error('its words'), { reason: 'refused' }))

test('probes may have a query, nothing in between keeps their answers, and nothing but reading is answered', async () => {
  const readiness = createReadiness(refused)
  const url = await serveOperations(createPrometheusMetrics(), readiness, { port: 0, host: '127.0.0.1' })
  const ask = async (path: string, method = 'GET') => {
    const { status, headers } = await fetch(new URL(path, url), { method })
    return [status, headers.get('cache-control')]
  }
  expect(await ask('/livez?verbose')).toEqual([200, 'no-store'])
  expect(await ask('/readyz')).toEqual([503, 'no-store'])
  expect(await ask('/metrics', 'HEAD')).toEqual([200, 'no-store'])
  for (const method of ['POST', 'DELETE']) expect(await ask('/metrics', method)).toEqual([404, 'no-store'])
})

test('however many probes come, the platform is asked once, and again five minutes later', async () => {
  let nowMs = 1
  const check = vi.fn(async () => {})
  const { whyNot } = createReadiness(check, () => nowMs)
  expect(await Promise.all([whyNot(), whyNot()])).toEqual([undefined, undefined])
  nowMs += 299_999
  await whyNot()
  expect(check).toHaveBeenCalledTimes(1)
  nowMs += 1
  await whyNot()
  expect(check).toHaveBeenCalledTimes(2)
})

test('after a refusal it is asked again two seconds later, and the process is ready when that succeeds', async () => {
  let nowMs = 1
  const check = vi.fn(async () => {}).mockImplementationOnce(refused)
  const { whyNot } = createReadiness(check, () => nowMs)
  expect(await whyNot()).toBe('the platform refused: refused')
  nowMs += 1_999
  expect(await whyNot()).toBe('the platform refused: refused')
  expect(check).toHaveBeenCalledTimes(1)
  nowMs += 1
  expect(await whyNot()).toBeUndefined()
})

test('a process that drains is not ready, and asks nobody', async () => {
  const check = vi.fn(async () => {})
  const { drain, whyNot } = createReadiness(check)
  drain()
  expect(await whyNot()).toBe('draining')
  expect(check).not.toHaveBeenCalled()
})
