// @vitest-environment jsdom

import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { dollarsOf, prices } from '@warm-agent/protocol/prices'
import { useWarmAgentSession, type WarmSessionOptions } from '@warm-agent/react'
import { createDevtools, type Devtools, WarmAgentDevtools } from '@warm-agent/react/devtools'
import { createFakeEnvironment, type FakeEnvironment, warmAgentHandlers } from '@warm-agent/testing'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'

const server = setupServer()
let environment: FakeEnvironment
let devtools: Devtools
let options: WarmSessionOptions

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
afterAll(() => server.close())
beforeEach(() => {
  server.use(...warmAgentHandlers({ endpoint: 'https://chat.example/api/agent' }))
  environment = createFakeEnvironment()
  devtools = createDevtools()
  options = { environment, endpoint: 'https://chat.example/api/agent' }
})
afterEach(async () => {
  cleanup()
  // The grace after which a session that nobody uses is closed.
  await environment.advance(1000)
  server.resetHandlers()
})

let send = async () => {}

function Chat() {
  const session = useWarmAgentSession(devtools.watch(options))
  send = async () =>
    void (await session.fetch('https://chat.example/api/agent/messages', { method: 'POST', body: 'hi' }))
  return <WarmAgentDevtools devtools={devtools} session={session} isOpen />
}

const told = () => screen.getAllByRole('listitem').map(item => item.textContent?.replace(/^\S+ /, ''))
const press = (name: string) => act(async () => fireEvent.click(screen.getByRole('button', { name })))

test('the panel tells what the session is, what happened to it, and how it was until then', async () => {
  render(<Chat />)
  await expect.poll(() => screen.getByRole('status').textContent).toContain('warm')
  await expect.poll(told).toContain('lease-granted')
  await act(send)
  expect(screen.getByRole('status').textContent).toContain('active')
  expect(told()[0]).toMatch(/^message-answered: (warm|joined)$/)
  expect(screen.getByRole('img').getAttribute('aria-label')).toMatch(/warming .* s, .*active/)
})

test('Offline holds the network off, and says so', async () => {
  render(<Chat />)
  await expect.poll(told).toContain('lease-granted')
  await press('Offline')
  expect(screen.getByRole('status').textContent).toContain('network held off')
  expect(screen.getByRole('button', { pressed: true }).textContent).toBe('Offline')
  await expect(send()).rejects.toThrow('Could not reach the proxy: the devtools hold the network off.')
  await press('Offline')
  await act(send)
  expect(told()[0]).toMatch('message-answered')
})

test('Expire ends the session behind the page’s back: the next message starts it again', async () => {
  render(<Chat />)
  await expect.poll(() => told()[0]).toMatch('warm-succeeded')
  await press('Expire')
  await act(send)
  expect(told()[0]).toBe('message-answered: rewarmed')
})

test('Expire without a session says why not, until it is pressed again', async () => {
  options = { ...options, warmOn: 'manual' }
  render(<Chat />)
  await press('Expire')
  expect(screen.getByRole('alert').textContent).toBe(
    'Could not expire the session: none was seen yet. Warm one up first.',
  )
  await press('Warm')
  await expect.poll(() => told()[0]).toMatch('warm-succeeded')
  await press('Expire')
  expect(screen.queryByRole('alert')).toBeNull()
})

test('what the session is held for and costs goes on by the clock while nothing happens, until the panel goes', async () => {
  vi.useFakeTimers({ now: 1_000_000 })
  onTestFinished(() => void vi.useRealTimers())
  const { onEvent } = devtools.watch()
  onEvent?.({ type: 'warm-started', atMs: 1_000_000 })
  // The clock of the page has been set back since.
  onEvent?.({ type: 'lease-granted', atMs: 1_004_000, beatMs: 60_000, ttlMs: 60_000, holdMs: 60_000 })
  const session = { warm: async () => {}, close: async () => {} }
  const { unmount } = render(<WarmAgentDevtools devtools={devtools} session={session} footprintGb={100} isOpen />)
  const figures = () => screen.getAllByRole('definition').map(({ textContent }) => textContent)
  const cost = (heldMs: number) => `$${dollarsOf({ heldMs, gb: 100 }, prices.v2).toFixed(5)}`
  await act(() => vi.advanceTimersByTimeAsync(0))
  expect(figures().slice(0, 2)).toEqual(['4 s', cost(4000)])
  await act(() => vi.advanceTimersByTimeAsync(10_000))
  expect(figures().slice(0, 2)).toEqual(['10 s', cost(10_000)])
  unmount()
  expect(vi.getTimerCount()).toBe(0)
})

test('its style has the nonce that the page’s Content-Security-Policy asks for', () => {
  const session = { warm: async () => {}, close: async () => {} }
  const { container } = render(<WarmAgentDevtools devtools={devtools} session={session} nonce="n" />)
  expect(container.querySelector('style')?.getAttribute('nonce')).toBe('n')
})

test('Close closes, Warm warms up, and Escape leaves the panel for the button that opens it', async () => {
  render(<Chat />)
  await expect.poll(() => told()[0]).toMatch('warm-succeeded')
  await press('Close')
  expect(told()[0]).toBe('session-closed')
  await press('Warm')
  await expect.poll(() => told()[0]).toMatch('warm-succeeded')
  fireEvent.keyDown(screen.getByRole('button', { name: 'Warm' }), { key: 'Escape' })
  const toggle = screen.getByRole('button')
  expect(toggle.getAttribute('aria-expanded')).toBe('false')
  expect(document.activeElement).toBe(toggle)
})

test('by keyboard: the panel comes after the button that opens it, and Escape on that button closes it again', async () => {
  render(<Chat />)
  await expect.poll(() => told()[0]).toMatch('warm-succeeded')
  const [toggle] = screen.getAllByRole('button')
  expect(toggle?.textContent).toContain('warm-agent')
  fireEvent.keyDown(toggle as Element, { key: 'Escape' })
  expect(toggle?.getAttribute('aria-expanded')).toBe('false')
})

test('phases that begin at the same moment are told apart', async () => {
  const complaints = vi.spyOn(console, 'error').mockReturnValue()
  render(<Chat />)
  await expect.poll(() => told()[0]).toMatch('warm-succeeded')
  // The clock stands still: before and after this, the session begins to warm at the same time.
  await press('Close')
  await press('Warm')
  await expect.poll(() => told()[0]).toMatch('warm-succeeded')
  expect(screen.getByRole('img').children.length).toBe(4)
  expect(complaints).not.toHaveBeenCalled()
  complaints.mockRestore()
})

test('a screen reader is told what it is that changed', async () => {
  render(<Chat />)
  await expect.poll(() => screen.getByRole('status').textContent).toBe('Session warm')
  await press('Close')
  expect(screen.getByRole('status').textContent).toBe('Session idle')
})
