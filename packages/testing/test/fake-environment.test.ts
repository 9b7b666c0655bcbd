import { createWarmSession } from '@warm-agent/client'
import { createFakeEnvironment, warmAgentHandlers } from '@warm-agent/testing'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const server = setupServer(...warmAgentHandlers())
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())

test('a session that nobody uses any more ends a second later and leaves nothing behind', async () => {
  const environment = createFakeEnvironment()
  const session = createWarmSession({ environment })
  const leave = session.mount()
  await vi.waitFor(() => expect(session.store.getState().status).toBe('warm'))

  leave()
  await environment.advance(1000)
  expect(session.store.getState().status).toBe('idle')
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})

test('what repeats itself without pause fails by name, and hangs no test', async () => {
  const environment = createFakeEnvironment()
  const again = () => void environment.after(0, again)
  again()
  await expect(environment.advance(1)).rejects.toThrow('Could not set a timer of 0 ms: ')
})
