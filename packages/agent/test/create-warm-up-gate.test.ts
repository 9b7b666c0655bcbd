import { createWarmUpGate } from '@warm-agent/agent'
import { expect, test, vi } from 'vitest'

test.each([undefined, null, 'text', 7, [], {}, { type: 'warmup' }, { type: 'warmup', nonce: ['n'] }])(
  '%j is not a warm-up: go on',
  async body => {
    expect(await createWarmUpGate().answer(body)).toBeUndefined()
  },
)

test('a nonce that comes with a message is not taken for the identity of the microVM', async () => {
  const gate = createWarmUpGate()
  await gate.answer({ prompt: 'hello', nonce: 'of the message' })
  expect(await gate.answer({ type: 'warmup', nonce: 'n' })).toEqual({ status: 'warm', nonce: 'n' })
})

test('an initialisation that fails tells its cause, for the log', async () => {
  const cause = new Error('no model')
  await expect(createWarmUpGate({ onWarm: () => Promise.reject(cause) }).answer({})).rejects.toMatchObject({ cause })
})

test('a message starts the initialisation and waits for it', async () => {
  const onWarm = vi.fn()
  const gate = createWarmUpGate({ onWarm })
  await gate.answer({ prompt: 'hello' })
  await gate.answer({ type: 'warmup', nonce: 'n' })
  expect(onWarm).toHaveBeenCalledOnce()
})

test('a warm-up of another form is recognised, and answered without a nonce when it brings none', async () => {
  const gate = createWarmUpGate({ isWarmUp: body => (body as { ping?: boolean }).ping === true })
  expect(await gate.answer({ ping: true })).toEqual({ status: 'warm' })
  expect(await gate.answer({ ping: true, nonce: 'n' })).toEqual({ status: 'warm', nonce: 'n' })
  expect(await gate.answer({ type: 'warmup', nonce: 'n' })).toBeUndefined()
})

test('two gates share nothing', async () => {
  const [first, second] = [createWarmUpGate(), createWarmUpGate()]
  await first.answer({ type: 'warmup', nonce: 'one' })
  expect(await second.answer({ type: 'warmup', nonce: 'two' })).toEqual({ status: 'warm', nonce: 'two' })
})
