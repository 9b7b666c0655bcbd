import { createWarmUpGate, warmable } from '@warm-agent/agent'
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { serveAgent } from './serve-agent.ts'

const config = { logging: { enabled: false } }
const ask = { type: 'warmup', nonce: 'n', timings: true }

/** Lets time pass, on the only clock that the stamps go by. */
const pass = (ms: number) => void vi.advanceTimersByTime(ms)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

test('a warm-up that asks is told what each message took, from entry to first output and exit', async () => {
  const gate = createWarmUpGate({ onWarm: async () => pass(30) })
  await gate.handle({ prompt: 'first' }, async () => {
    await null
    pass(20)
  })
  await gate.handle({ prompt: 'second' }, () => 'at once')
  expect(await gate.handle(ask, () => 'not run')).toMatchObject({
    timings: [
      { initialiseMs: 30, firstOutputMs: 50, exitMs: 50 },
      { initialiseMs: 0, firstOutputMs: 0, exitMs: 0 },
    ],
  })
})

test('timings are told only when they are asked for', async () => {
  const gate = createWarmUpGate()
  await gate.handle({}, () => 'answered')
  expect(await gate.answer({ ...ask, timings: false })).toEqual({ status: 'warm', nonce: 'n' })
  expect(await gate.answer(ask)).toMatchObject({ timings: [{ initialiseMs: expect.any(Number) }] })
})

test('a streamed answer is the same to the byte, and its first chunk and its end are stamped apart', async () => {
  async function* process() {
    pass(20)
    yield { word: 'one' }
    pass(40)
    yield { word: 'two' }
  }
  const bare = await serveAgent(new BedrockAgentCoreApp({ invocationHandler: { process }, config }))
  const stamped = await serveAgent(new BedrockAgentCoreApp({ invocationHandler: warmable({ process }), config }))
  const read = async (invoke: typeof bare) => (await invoke({ prompt: 'hi' }, 'text/event-stream')).text()
  expect(await read(stamped)).toBe(await read(bare))
  expect(await (await stamped(ask)).json()).toMatchObject({ timings: [{ firstOutputMs: 20, exitMs: 60 }] })
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

test.each<[string, (generator: AsyncGenerator) => Promise<unknown>]>([
  ['fails', generator => generator.next()],
  ['is left', generator => generator.return('over')],
  ['is made to fail', generator => generator.throw(new Error('stop'))],
])('a streamed answer that %s is stamped then, and once', async (_, end) => {
  async function* process() {
    yield 1
    pass(20)
    throw new Error('no')
  }
  const gate = createWarmUpGate()
  const generator = (await gate.handle({}, process)) as AsyncGenerator
  await generator.next()
  await end(generator).catch(() => undefined)
  const { timings } = (await gate.answer(ask)) as { timings: unknown[] }
  expect(timings).toHaveLength(1)
  pass(40)
  await generator.next()
  expect(await gate.answer(ask)).toMatchObject({ timings })
})

test('a message that fails is stamped too, and the last 16 are kept', async () => {
  const gate = createWarmUpGate()
  for (let count = 0; count < 20; count++) {
    const fail = () => {
      pass(count)
      throw new Error('no')
    }
    await expect(gate.handle({}, fail)).rejects.toThrow('no')
  }
  const { timings } = (await gate.answer(ask)) as { timings: { exitMs: number }[] }
  expect(timings.map(({ exitMs }) => exitMs)).toEqual(Array.from({ length: 16 }, (_, index) => index + 4))
})
