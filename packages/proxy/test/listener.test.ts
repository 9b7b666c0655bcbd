import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

const fail = () => {
  throw new Error('the log is down')
}

test.each([
  ['throws', () => fail()],
  ['rejects', async () => fail()],
])('an onEvent that %s is told of, and disturbs nothing', async (_, onEvent) => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { openWarm, send } = createTestProxy({ runtime: createFakeRuntime().runtime, onEvent })
  expect(outcomeOf(await send('hello', (await openWarm()).ticket))).toBe('warm')
  const says = expect.stringMatching(/^Could not tell onEvent: /)
  expect(printed).toHaveBeenCalledWith(says, new Error('the log is down'))
  printed.mockRestore()
})
