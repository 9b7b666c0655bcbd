// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { warmAgentHandlers } from '@warm-agent/testing'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Chat } from './chat.tsx'

const server = setupServer()
beforeAll(() => server.listen())
beforeEach(() => void vi.useFakeTimers())
afterEach(async () => {
  cleanup()
  // A session outlives its last component by a second, and by its messages; the next test is to have its own.
  await vi.advanceTimersByTimeAsync(60_000)
  vi.useRealTimers()
  server.resetHandlers()
})
afterAll(() => server.close())

const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))
const status = () => screen.getByRole('status').textContent

test('a message that is sent while the agent starts waits for it', async () => {
  const proxy = warmAgentHandlers({ warmUpMs: 2000 })
  server.use(...proxy)
  render(<Chat />)
  await pass(1000)
  expect(status()).toBe('warming ')

  fireEvent.click(screen.getByRole('button'))
  await pass(1000)
  expect(status()).toBe('active joined')
  expect(proxy.seen.messages).toEqual([{ text: 'Hello', outcome: 'joined' }])
})

test('when the agent does not start, the chat says so, and the message goes cold', async () => {
  server.use(...warmAgentHandlers({ failWith: 'agent_unavailable' }))
  render(<Chat />)
  await pass(0)
  expect(status()).toBe('error ')

  fireEvent.click(screen.getByRole('button'))
  await pass(0)
  expect(status()).toBe('active cold')
})

test('after the laptop has slept, the message starts the agent again', async () => {
  server.use(...warmAgentHandlers({ expireAfterMs: 60_000 }))
  render(<Chat />)
  await pass(0)
  expect(status()).toBe('warm ')

  vi.setSystemTime(Date.now() + 60_000)
  fireEvent.click(screen.getByRole('button'))
  await pass(0)
  expect(status()).toBe('active rewarmed')
})

test('a visitor who leaves leaves nothing behind', async () => {
  const proxy = warmAgentHandlers()
  server.use(...proxy)
  const { unmount } = render(<Chat />)
  await pass(0)
  unmount()
  await pass(1000)
  expect(proxy.seen).toMatchObject({ opened: 1, closed: 1, live: 0 })
})
