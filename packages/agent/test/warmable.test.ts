import { warmable } from '@warm-agent/agent'
import { BedrockAgentCoreApp, type RequestContext } from 'bedrock-agentcore/runtime'
import { expect, test, vi } from 'vitest'
import * as z from 'zod'
import { serveAgent } from './serve-agent.ts'

const config = { logging: { enabled: false } }
const requestSchema = z.object({ prompt: z.string() })
const warmUp = (nonce: unknown) => ({ type: 'warmup', nonce })

test('a warm-up passes the schema and is answered without the agent; a message reaches the agent, parsed', async () => {
  const process = vi.fn(async (request: { prompt: string }) => ({ said: request.prompt }))
  const invoke = await serveAgent(
    new BedrockAgentCoreApp({ invocationHandler: warmable({ requestSchema, process }), config }),
  )

  const warm = await invoke(warmUp('n1'))
  expect(warm.status).toBe(200)
  expect(await warm.json()).toEqual({ status: 'warm', nonce: 'n1' })
  expect(process).not.toHaveBeenCalled()

  expect(await (await invoke({ prompt: 'hello', extra: true })).json()).toEqual({ said: 'hello' })
  expect(process).toHaveBeenCalledExactlyOnceWith({ prompt: 'hello' }, expect.anything())
})

test.each(['application/json', 'text/event-stream', 'text/event-stream, application/json', '*/*'])(
  'a warm-up that accepts %s is answered in JSON',
  async accept => {
    const invoke = await serveAgent(
      new BedrockAgentCoreApp({ invocationHandler: warmable({ process: vi.fn() }), config }),
    )
    expect(await (await invoke(warmUp('n'), accept)).json()).toEqual({ status: 'warm', nonce: 'n' })
  },
)

test('a bad message is still refused by the schema, and the agent does not run', async () => {
  const process = vi.fn()
  const invoke = await serveAgent(
    new BedrockAgentCoreApp({ invocationHandler: warmable({ requestSchema, process }), config }),
  )
  const answer = await invoke({ prompt: 1 })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ details: [{ path: ['prompt'] }] })
  expect(process).not.toHaveBeenCalled()
})

test.each([
  ['a nonce that is no string', warmUp(1)],
  ['no nonce', { type: 'warmup' }],
  ['a nonce that is too long', warmUp('x'.repeat(257))],
  ['another type', { type: 'warm', nonce: 'n' }],
])('a body with %s is a message like any other', async (_, body) => {
  const process = vi.fn(async () => 'ran')
  const strict = await serveAgent(
    new BedrockAgentCoreApp({ invocationHandler: warmable({ requestSchema, process }), config }),
  )
  expect((await strict(body)).status).toBe(400)
  expect(process).not.toHaveBeenCalled()

  const lax = await serveAgent(new BedrockAgentCoreApp({ invocationHandler: warmable({ process }), config }))
  expect(await (await lax(body)).text()).toBe('ran')
  expect(process).toHaveBeenCalledExactlyOnceWith(body, expect.anything())
})

test('the schema keeps what else it can do', () => {
  const wrapped = warmable({ requestSchema, process: vi.fn() }).requestSchema
  expect(wrapped.safeParse({ prompt: 'hello', extra: true })).toEqual({ success: true, data: { prompt: 'hello' } })
})

test('the first nonce is echoed for ever', async () => {
  const invoke = await serveAgent(
    new BedrockAgentCoreApp({ invocationHandler: warmable({ process: vi.fn() }), config }),
  )
  for (const nonce of ['first', 'second', 'x'.repeat(256)]) {
    expect(await (await invoke(warmUp(nonce))).json()).toEqual({ status: 'warm', nonce: 'first' })
  }
})

test('onWarm runs once for concurrent warm-ups and messages, and all of them wait for it', async () => {
  let isReady = false
  const onWarm = vi.fn(async () => {
    await new Promise(resolve => setTimeout(resolve, 50))
    isReady = true
  })
  const process = async () => ({ isReady })
  const invoke = await serveAgent(new BedrockAgentCoreApp({ invocationHandler: warmable({ process, onWarm }), config }))

  const answers = await Promise.all(
    [{ prompt: 'a' }, warmUp('n'), warmUp('m'), { prompt: 'b' }].map(body => invoke(body)),
  )
  const bodies = await Promise.all(answers.map(answer => answer.json()))
  expect(bodies[0]).toEqual({ isReady: true })
  expect(bodies[3]).toEqual({ isReady: true })
  expect(bodies[1]).toEqual(bodies[2])
  expect(onWarm).toHaveBeenCalledOnce()
})

test.each([
  [
    'throws',
    () => {
      throw new Error('no model')
    },
  ],
  ['rejects', () => Promise.reject(new Error('no model'))],
  ['rejects with what is no Error', () => Promise.reject('no model')],
])('when onWarm %s, warm-up and message report it and the next one tries again', async (_, fail) => {
  const onWarm = vi.fn<() => unknown>().mockImplementationOnce(fail).mockImplementationOnce(fail)
  const process = vi.fn(async () => ({ said: 'hello' }))
  const invoke = await serveAgent(new BedrockAgentCoreApp({ invocationHandler: warmable({ process, onWarm }), config }))

  const failedWarmUp = await invoke(warmUp('n1'))
  expect(failedWarmUp.status).toBe(500)
  expect((await failedWarmUp.json()).error).toContain('Could not initialise the agent: no model.')
  expect((await invoke({ prompt: 'hello' })).status).toBe(500)
  expect(process).not.toHaveBeenCalled()

  expect(await (await invoke(warmUp('n2'))).json()).toEqual({ status: 'warm', nonce: 'n1' })
  expect(await (await invoke({ prompt: 'hello' })).json()).toEqual({ said: 'hello' })
  expect(onWarm).toHaveBeenCalledTimes(3)
})

test('an agent that streams still streams: the first chunk arrives before the last one is made', async () => {
  let finish = () => {}
  const isFinished = new Promise<void>(resolve => {
    finish = resolve
  })
  const invocationHandler = warmable({
    requestSchema,
    onWarm: () => {},
    process: async function* (request, _context: RequestContext) {
      yield { text: request.prompt }
      await isFinished
      yield { text: 'end' }
    },
  })
  const invoke = await serveAgent(new BedrockAgentCoreApp({ invocationHandler, config }))

  const answer = await invoke({ prompt: 'hello' }, 'text/event-stream')
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += new TextDecoder().decode(chunk)
    if (text.includes('hello') && !text.includes('end')) finish()
  }
  expect(text).toContain('end')
})

test('the context of the library is typed without annotation', async () => {
  const invoke = await serveAgent(
    new BedrockAgentCoreApp({
      invocationHandler: warmable({
        requestSchema,
        process: (request, context) => ({ prompt: request.prompt, session: context.sessionId.slice(0, 7) }),
      }),
      config,
    }),
  )
  expect(await (await invoke({ prompt: 'hello' })).json()).toEqual({ prompt: 'hello', session: 'session' })
})
