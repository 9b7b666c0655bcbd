import { readFile } from 'node:fs/promises'
import { bootVcpuSeconds } from '@warm-agent/protocol/prices'
import { expect, test, vi } from 'vitest'
import { ascending, quantile } from '../../src/bench/percentiles.ts'
import { isAnswered } from '../../src/bench/sample.ts'
import { setUpBench } from './set-up-bench.ts'

const { start, bench, result, current } = setUpBench()

test('a server that stalls shows in the percentiles, with everybody who would have come meanwhile', async () => {
  // From the 20th message on nothing is answered, until the 60th has come. A closed loop would wait for ever, or leave
  // out the forty who wait; here they come when they are due.
  let messages = 0
  let open = () => {}
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  await start(async call => {
    if (call.isWarmUp || call.operation === 'stop') return
    messages += 1
    if (messages === 60) open()
    if (messages >= 20 && messages < 60) await gate
  })
  const args = ['--scenarios', 'cold', '--messages', '80', '--rate', '80', '--arrivals', 'constant']
  expect(await bench(...args)).toBe(0)

  const { cold } = (await result()).scenarios
  const samples = (cold?.samples ?? []).filter(isAnswered)
  expect(samples).toHaveLength(80)
  const due = ascending(samples.map(({ dueAtMs }) => dueAtMs))
  // The rehearsal is the first message that the server sees, so the 19th that counts is the first to wait.
  const stallMs = (due[58] ?? 0) - (due[18] ?? 0)
  expect(cold?.firstToken?.p99.value).toBeGreaterThan(stallMs * 0.9)
  // And evenly less for those who came later: half of the forty waited half of the stall, or more.
  expect(samples.filter(({ firstTokenMs }) => firstTokenMs > stallMs / 2).length).toBeGreaterThanOrEqual(19)
  expect(cold?.firstToken?.p99.value).toBe(
    Number(quantile(ascending(samples.map(({ firstTokenMs }) => firstTokenMs)), 0.99).toFixed(4)),
  )
})

test('a message that could not leave when it was due is timed from when it was due', async () => {
  await start()
  // No head start: what comes before the second message makes it late.
  const args = ['--scenarios', 'steady', '--rate', '50', '--arrivals', 'constant', '--lead-ms', '0', '--messages', '5']
  expect(await bench(...args)).toBe(0)
  const samples = ((await result()).scenarios.steady?.samples ?? []).filter(isAnswered)
  expect(samples).toHaveLength(5)
  for (const { lateMs, firstTokenMs, budget } of samples) {
    expect(lateMs).toBeGreaterThan(0)
    expect(firstTokenMs).toBeGreaterThan(lateMs)
    expect(budget.late).toBe(lateMs)
  }
})

test('every scenario is measured, and every session that was made is stopped', async () => {
  const { running, calls } = await start()
  const all = 'cold,naive,joined,warm,pool,steady'
  expect(await bench('--scenarios', all, '--messages', '3', '--delay-ms', '30', '--concurrency', '1')).toBe(0)
  const { scenarios, endedBy, setup } = await result()
  expect(Object.keys(scenarios)).toEqual(all.split(','))
  expect(scenarios.cold?.outcomes).toEqual({ cold: 3 })
  expect(scenarios.warm?.outcomes).toEqual({ warm: 3 })
  expect(scenarios.pool?.outcomes).toEqual({ warm: 3 })
  expect(scenarios.naive?.outcomes).toEqual({ direct: 3 })
  expect(endedBy).toBeNull()
  // Three that count and a rehearsal for each; the pool refills.
  expect(new Set(calls.map(({ sessionId }) => sessionId)).size).toBeGreaterThanOrEqual(24)
  expect(running()).toEqual([])
  // The account, and whole session ids, are not for a report that is passed on.
  expect(setup.arn).not.toContain('123456789012')
  const html = await readFile(`${current.out}.html`, 'utf8')
  expect(html).toContain('npx warm-agent bench')
  for (const { sessionId } of calls) expect(html).not.toContain(sessionId)
})

test('interrupted, it stops what it started, and reports what it measured', async () => {
  let messages = 0
  const { running } = await start(async ({ isWarmUp, operation }) => {
    if (!isWarmUp && operation === 'invoke' && ++messages === 12) process.emit('SIGINT')
  })
  expect(await bench('--scenarios', 'cold,warm', '--messages', '1000', '--concurrency', '2')).toBe(130)
  expect(running()).toEqual([])
  const { endedBy, scenarios } = await result()
  expect(endedBy).toBe('signal')
  expect(scenarios.cold?.messages).toBeGreaterThan(3)
  expect(scenarios.warm).toBeUndefined()
  expect(await readFile(`${current.out}.html`, 'utf8')).toContain('a part only')
})

test('a terminal that closes sends SIGHUP twice: the bench still stops what it started, and reports', async () => {
  let messages = 0
  const { running } = await start(async ({ isWarmUp, operation }) => {
    if (isWarmUp || operation !== 'invoke' || ++messages !== 12) return
    process.emit('SIGHUP', 'SIGHUP')
    process.emit('SIGHUP', 'SIGHUP')
  })
  expect(await bench('--scenarios', 'cold', '--messages', '100', '--concurrency', '2')).toBe(130)
  expect(running()).toEqual([])
  expect((await result()).endedBy).toBe('signal')
})

test('nothing begins beyond --max-cost', async () => {
  const { running } = await start()
  expect(await bench('--scenarios', 'cold', '--messages', '500', '--max-cost', '0.002')).toBe(3)
  const { cost, endedBy, scenarios } = await result()
  expect(endedBy).toBe('max-cost')
  expect(cost.dollars).toBeLessThanOrEqual(0.002)
  expect(scenarios.cold?.messages).toBeLessThan(500)
  expect(running()).toEqual([])
})

test('messages that fail are counted by their reason, and are in no percentile', async () => {
  let messages = 0
  const { running } = await start(({ isWarmUp, operation }) => {
    if (isWarmUp || operation === 'stop') return undefined
    messages += 1
    return messages % 2 === 0 ? 500 : undefined
  })
  expect(await bench('--scenarios', 'warm', '--messages', '6', '--concurrency', '1')).toBe(0)
  const { warm } = (await result()).scenarios
  expect(warm?.failures).toEqual({ agent_unavailable: 3 })
  expect(warm?.outcomes).toEqual({ warm: 3 })
  expect(warm?.samples).toHaveLength(6)
  expect(running()).toEqual([])
})

test('an agent that answers nothing is given up after three messages', async () => {
  const { calls } = await start(({ isWarmUp, operation }) => (isWarmUp || operation === 'stop' ? undefined : 403))
  expect(await bench('--scenarios', 'cold', '--messages', '1000')).toBe(4)
  expect((await result()).scenarios.cold?.firstToken).toBeNull()
  expect(calls.length).toBeLessThan(20)
})

test('a pool that never fills and a first message that is never answered are waited for no longer than a message', async () => {
  await start(({ isWarmUp, operation }) => {
    if (operation === 'stop') return undefined
    return isWarmUp ? 403 : new Promise(() => {})
  })
  const impatient = ['--messages', '2', '--concurrency', '1', '--timeout-ms', '200']
  expect(await bench('--scenarios', 'pool,steady', ...impatient)).toBe(4)
  const { pool, steady } = (await result()).scenarios
  expect(pool?.failures).toEqual({ timeout: 3 })
  expect(steady?.failures).toEqual({ timeout: 3 })
})

test('where the platform refuses everything, also to stop, no session is said to be left behind', async () => {
  await start(() => 403)
  expect(await bench('--scenarios', 'cold,naive,warm', '--messages', '2')).toBe(4)
  const { cost, scenarios } = await result()
  expect(cost).toMatchObject({ notStopped: 0, sessions: 0, dollars: 0 })
  expect(scenarios.naive).toMatchObject({ messages: 2, firstToken: null })
  expect(current.last.stderr).not.toContain('Could not stop')
})

test('without a connection to the platform nothing is measured, and a sentence says why', async () => {
  await start()
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', 'http://127.0.0.1:1')
  expect(await bench('--messages', '1')).toBe(2)
  expect(current.last.stderr).toMatch(
    /^Could not start the bench: no connection to the platform, ECONNREFUSED\. [^\n]+\n$/,
  )
})

test('costs are of the platform, or of prices and memory of one’s own', async () => {
  await start()
  expect(await bench('--scenarios', 'cold', '--messages', '1', '--platform', 'v1-container')).toBe(0)
  expect((await result()).cost).toMatchObject({ platform: 'v1-container', gb: 2.7 })
  const own = ['--memory-gb', '4', '--dollars-per-gb-hour', '0.000001', '--dollars-per-vcpu-hour', '36']
  expect(await bench('--scenarios', 'cold', '--messages', '1', ...own)).toBe(0)
  const { cost } = await result()
  // Two boots, at a cent for each of their vCPU-seconds.
  expect(cost).toMatchObject({ gb: 4, dollars: 2 * bootVcpuSeconds * 0.01, pricesOf: 'yours' })
  expect(await readFile(`${current.out}.html`, 'utf8')).toContain('your prices')
})
