// @vitest-environment jsdom

import { act, render } from '@testing-library/react'
import { Fragment, StrictMode } from 'react'
import { expect, test, vi } from 'vitest'
import { start } from './start.tsx'

test('ten components that name the same agent share one session, and the last one out closes it', async () => {
  const { Chat, warmUp, environment, proxy } = start()
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
  const components = names.map(name => <Chat key={name} />)
  const { rerender, container } = render(<StrictMode>{components}</StrictMode>)
  await warmUp()
  expect(container.textContent).toBe('warm'.repeat(10))
  expect(proxy.openings).toHaveLength(1)
  rerender(<StrictMode>{components.slice(7)}</StrictMode>)
  await act(() => environment.advance(5000))
  expect(proxy.closes).toEqual([])
  rerender(<StrictMode />)
  await act(() => environment.advance(1000))
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2' }])
})

test('components that name different agents have sessions of their own, and a change of name changes the session', async () => {
  const { Chat, last, environment, proxy } = start()
  const { rerender } = render(
    <>
      <Chat agent="travel" />
      <Chat agent="food" />
    </>,
  )
  expect(proxy.openings).toHaveLength(2)
  const { fetch } = last()
  rerender(<Chat agent="music" />)
  expect(proxy.openings).toHaveLength(3)
  expect(last().fetch).not.toBe(fetch)
  await act(async () => {
    await proxy.openings[0]?.lease()
    await proxy.openings[1]?.lease()
    await environment.advance(1000)
  })
  expect(proxy.closes).toHaveLength(2)
})

test('a component that names the default endpoint shares the session of one that names none', () => {
  const { Chat, proxy } = start()
  render([<Chat key="none" />, <Chat key="default" endpoint="/api/agent" />])
  expect(proxy.openings).toHaveLength(1)
})

test('agents of one name at different endpoints, or for different users, have sessions of their own', () => {
  const { Chat, proxy } = start()
  render([
    <Chat key="ours" />,
    <Chat key="theirs" endpoint="https://agents.example/v1" />,
    <Chat key="ann" user="ann" />,
  ])
  expect(proxy.openings).toHaveLength(3)
})

test('what one component closes, and another one warms again, all of them see', async () => {
  const { Chat, warmUp, seen, last } = start()
  const { container } = render([<Chat key="one" />, <Chat key="other" />])
  await warmUp()
  await act(() => seen[0]?.close())
  expect(container.textContent).toBe('idleidle')
  act(() => void last().warm())
  await warmUp(1)
  expect(container.textContent).toBe('warmwarm')
})

test('a session that is closed although nobody uses it any more leaves its successor to those that come', async () => {
  const { Chat, warmUp, last, environment, proxy } = start()
  const { unmount } = render(<Chat />)
  await warmUp()
  const { close } = last()
  unmount()
  await close()
  render(<Chat />)
  // The first one's second without users is over, and it closes once more.
  await act(() => environment.advance(1000))
  render(<Chat />)
  expect(proxy.openings).toHaveLength(2)
})

test('of several components one that wants the warm-up is enough', () => {
  const { Chat, proxy } = start()
  const { rerender } = render([<Chat key="manual" warmOn="manual" />])
  expect(proxy.openings).toHaveLength(0)
  rerender([<Chat key="manual" warmOn="manual" />, <Chat key="open" />])
  expect(proxy.openings).toHaveLength(1)
})

test('of several components the one that has an option decides, and its headers still close the session', async () => {
  const { Chat, warmUp, send, environment, proxy } = start()
  const headers = vi.fn(() => ({ authorization: 'Bearer token' }))
  const { rerender, unmount } = render(
    <>
      <Chat headers={headers} />
      <Chat />
    </>,
  )
  await warmUp()
  await send()
  expect(proxy.messages[0]?.headers.get('authorization')).toBe('Bearer token')
  rerender(<Chat headers={headers} />)
  unmount()
  await environment.advance(1000)
  expect(proxy.closes).toHaveLength(1)
})

test.each([
  ['', Fragment],
  [' in StrictMode', StrictMode],
])('of several components that have an option the last one decides%s', async (_, Mode) => {
  const { Chat, warmUp, send, seen, proxy } = start()
  const [unused, used] = [vi.fn(proxy.fetch), vi.fn(proxy.fetch)]
  render(
    <Mode>
      <Chat headers={{ authorization: 'of the first' }} fetch={unused} />
      <Chat headers={{ authorization: 'of the last' }} fetch={used} />
    </Mode>,
  )
  await warmUp()
  await send(seen[0])
  expect(proxy.messages[0]?.headers.get('authorization')).toBe('of the last')
  expect(unused).not.toHaveBeenCalled()
  expect(used).toHaveBeenCalledOnce()
})

test('a session that one component opens has the headers that another one brings', async () => {
  const { Chat, environment, proxy } = start()
  render([
    <Chat key="opens" transport={undefined} />,
    <Chat key="brings" transport={undefined} headers={{ authorization: 'Bearer token' }} />,
  ])
  await act(() => environment.advance(0))
  expect(proxy.messages[0]?.input).toContain('/sessions')
  expect(proxy.messages[0]?.headers.get('authorization')).toBe('Bearer token')
})

test('the options of a component that has gone do not count any more', async () => {
  const { Chat, warmUp, last } = start()
  const onEvent = vi.fn()
  const { rerender } = render([<Chat key="goes" onEvent={onEvent} />, <Chat key="stays" />])
  expect(onEvent).toHaveBeenCalledTimes(1)
  rerender([<Chat key="stays" />])
  await warmUp()
  expect(last().status).toBe('warm')
  expect(onEvent).toHaveBeenCalledTimes(1)
})
