import { createWarmUpGate, warmable } from '@warm-agent/agent'
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime'
import { expect, test } from 'vitest'
import { serveAgent } from './serve-agent.ts'

const config = { logging: { enabled: false } }
const ask = { type: 'warmup', nonce: 'n', timings: true }
const aWhile = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

test('a warm-up that asks is told what each message took, from entry to first output and exit', async () => {
  const gate = createWarmUpGate({ onWarm: () => aWhile(30) })
  await gate.handle({ prompt: 'first' }, () => aWhile(20))
  await gate.handle({ prompt: 'second' }, () => 'at once')
  const { timings } = (await gate.handle(ask, () => 'not run')) as { timings: Record<string, number>[] }
  const [first, second] = timings
  expect(timings).toHaveLength(2)
  expect(first?.initialiseMs).toBeGreaterThanOrEqual(29)
  expect(first?.exitMs).toBeGreaterThanOrEqual((first?.initialiseMs ?? 0) + 19)
  expect(first?.firstOutputMs).toBe(first?.exitMs)
  expect(second?.exitMs).toBeLessThan(first?.initialiseMs ?? 0)
})

test('timings are told only when they are asked for', async () => {
  const gate = createWarmUpGate()
  await gate.handle({}, () => 'answered')
  expect(await gate.answer({ type: 'warmup', nonce: 'n' })).toEqual({ status: 'warm', nonce: 'n' })
  expect(await gate.answer(ask)).toMatchObject({ timings: [{ initialiseMs: expect.any(Number) }] })
})

test('a streamed answer is the same to the byte, and its first chunk and its end are stamped apart', async () => {
  async function* process() {
    await aWhile(20)
    yield { word: 'one' }
    await aWhile(40)
    yield { word: 'two' }
  }
  const bare = await serveAgent(new BedrockAgentCoreApp({ invocationHandler: { process }, config }))
  const stamped = await serveAgent(new BedrockAgentCoreApp({ invocationHandler: warmable({ process }), config }))
  const read = async (invoke: typeof bare) => (await invoke({ prompt: 'hi' }, 'text/event-stream')).text()
  expect(await read(stamped)).toBe(await read(bare))
  const { timings } = (await (await stamped(ask)).json()) as { timings: { firstOutputMs: number; exitMs: number }[] }
  expect(timings[0]?.firstOutputMs).toBeGreaterThanOrEqual(19)
  expect(timings[0]?.exitMs).toBeGreaterThanOrEqual((timings[0]?.firstOutputMs ?? 0) + 39)
})

test('a generator keeps its return value, its `throw`, and its clean-up', async () => {
  const seen: unknown[] = []
  async function* process() {
    try {
      seen.push(yield 1)
      yield 2
    } finally {
      seen.push('cleaned up')
    }
  }
  const gate = createWarmUpGate()
  const generator = (await gate.handle({}, process)) as AsyncGenerator<number, string, string>
  await generator.next()
  expect(await generator.next('given')).toEqual({ done: false, value: 2 })
  expect(await generator.return('over')).toEqual({ done: true, value: 'over' })
  expect(seen).toEqual(['given', 'cleaned up'])

  const failing = (await gate.handle({}, process)) as AsyncGenerator
  await failing.next()
  await expect(failing.throw(new Error('stop'))).rejects.toThrow('stop')
})

test('a message that fails is stamped too, and at most 16 are kept', async () => {
  const gate = createWarmUpGate()
  const fail = () => {
    throw new Error('no')
  }
  for (let count = 0; count < 20; count++) await expect(gate.handle({}, fail)).rejects.toThrow('no')
  expect(((await gate.answer(ask)) as { timings: unknown[] }).timings).toHaveLength(16)
})
