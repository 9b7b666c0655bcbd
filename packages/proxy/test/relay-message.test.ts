import { expect, test } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

test.each([204, 205])('an agent that answers %i, without a body, is answered for: it has run', async status => {
  const { runtime, log } = createFakeRuntime()
  const { send, events } = createTestProxy({
    runtime: {
      ...runtime,
      invoke: async (...words) => ({ ...(await runtime.invoke(...words)), status }),
    },
  })
  const answer = await send('notify')
  expect([answer.status, outcomeOf(answer), await answer.text()]).toEqual([status, 'cold', ''])
  expect(log[1]).toBe('vm 1 ran notify')
  expect(events.map(({ type }) => type)).toEqual(['message-answered'])
})
