// @vitest-environment jsdom

import { act, render } from '@testing-library/react'
import { useWarmAgentSession } from '@warm-agent/react'
import { type ReactNode, Suspense, startTransition, useEffect } from 'react'
import { expect, test, vi } from 'vitest'
import { start } from './start.tsx'

test.each([
  ['warmOn may change: what was manual opens', { warmOn: 'manual' }, { warmOn: 'open' }],
  ['enabled may change: the warm-up waits for the login (sample-strands #131)', { enabled: false }, { enabled: true }],
] as const)('%s', (_, before, after) => {
  const { Chat, proxy } = start()
  const { rerender } = render(<Chat {...before} />)
  expect(proxy.openings).toHaveLength(0)
  rerender(<Chat {...after} />)
  expect(proxy.openings).toHaveLength(1)
})

test.each([undefined, null])('headers that are %s are none (from JavaScript)', async none => {
  const { Chat, warmUp, send, proxy, last } = start()
  render(<Chat headers={() => none as never} />)
  await warmUp()
  expect(last().status).toBe('warm')
  await send()
  expect(proxy.messages).toHaveLength(1)
})

test('headers, fetch and onEvent are those of the last commit (vercel/ai #7819)', async () => {
  const { Chat, warmUp, send, proxy } = start()
  const [first, second] = ['first', 'second'].map(token => ({
    headers: () => ({ authorization: token }),
    fetch: vi.fn(proxy.fetch),
    onEvent: vi.fn(),
  }))
  const { rerender } = render(<Chat {...first} />)
  expect(first?.onEvent).toHaveBeenCalledTimes(1)
  rerender(<Chat {...second} />)
  await warmUp()
  await send()
  expect(proxy.messages[0]?.headers.get('authorization')).toBe('second')
  expect(first?.fetch).not.toHaveBeenCalled()
  expect(second?.fetch).toHaveBeenCalledTimes(1)
  expect(first?.onEvent).toHaveBeenCalledTimes(1)
  expect(second?.onEvent.mock.calls.map(([event]) => event.type)).toEqual([
    'lease-granted',
    'warm-succeeded',
    'message-sent',
    'message-answered',
  ])
})

test('a child that asks for something from its effect has the headers of the parent’s last render, from the first on', async () => {
  const { options, warmUp, proxy } = start()
  function Child({ token, fetch }: { token: string; fetch: typeof globalThis.fetch }) {
    useEffect(() => void fetch(`/api/agent/history?of=${token}`), [token, fetch])
    return null
  }
  function Parent({ token }: { token: string }) {
    const { fetch } = useWarmAgentSession({ ...options, headers: { authorization: token } })
    return <Child token={token} fetch={fetch} />
  }
  const { rerender } = render(<Parent token="first" />)
  await warmUp()
  await act(async () => rerender(<Parent token="second" />))
  expect(proxy.messages.map(({ headers }) => headers.get('authorization'))).toEqual(['first', 'second'])
})

test('what a component asks for in its first effect has the headers that its parent gives the session', async () => {
  const { options, proxy } = start()
  function Child() {
    const { fetch } = useWarmAgentSession(options)
    useEffect(() => void fetch('/api/agent/history'), [fetch])
    return null
  }
  function Parent() {
    useWarmAgentSession({ ...options, headers: { authorization: 'Bearer 1' } })
    return <Child />
  }
  await act(async () => render(<Parent />))
  expect(proxy.messages.map(({ headers }) => headers.get('authorization'))).toEqual(['Bearer 1'])
})

function Waiting(): ReactNode {
  throw new Promise(() => {})
}

test('options of a render that is not committed do not count', async () => {
  const { Chat, warmUp, send, seen, proxy } = start()
  const page = (authorization: string, more?: ReactNode) => (
    <Suspense>
      <Chat headers={{ authorization }} />
      {more}
    </Suspense>
  )
  const { rerender } = render(page('first'))
  await warmUp()
  const renders = seen.length
  startTransition(() => rerender(page('second', <Waiting />)))
  expect(seen.length).toBeGreaterThan(renders)
  await send(seen[0])
  expect(proxy.messages[0]?.headers.get('authorization')).toBe('first')
})

/** A page whose triggers never fire, and what they are watched on. */
function startWatched() {
  const page = start()
  const watched = new Set<unknown>()
  page.environment.onTrigger = vi.fn((_, target) => {
    watched.add(target)
    return () => watched.delete(target)
  })
  return { ...page, watched }
}

test('target may change: that of the last commit is watched, and a new function for the same element changes nothing', async () => {
  const { Chat, environment, watched } = startWatched()
  const [first, second] = [document.createElement('p'), document.createElement('form')]
  const { rerender } = render(<Chat warmOn="intent" target={() => first} />)
  rerender(<Chat warmOn="intent" target={() => first} />)
  await environment.advance(1000)
  expect([...watched]).toEqual([first])
  expect(environment.onTrigger).toHaveBeenCalledTimes(1)
  rerender(<Chat warmOn="intent" target={() => second} />)
  await environment.advance(1000)
  expect([...watched]).toEqual([second])
})

test('a target that comes after its session, or takes the place of another one, in whatever component, is watched from then on', async () => {
  const { Chat, seen, environment, watched } = startWatched()
  const elements = [null, document.createElement('p'), document.createElement('form')]
  let element = elements[0]
  render(<Chat warmOn="intent" target={() => element} />)
  for (element of elements) {
    await environment.advance(1000)
    expect([...watched]).toEqual([element])
  }
  expect(seen).toHaveLength(1)
})

test('a target that is given later, or no more, takes the place of the whole page, or leaves it', () => {
  const { Chat, watched } = startWatched()
  const element = document.createElement('p')
  const { rerender } = render(<Chat warmOn="intent" />)
  expect([...watched]).toEqual([undefined])
  rerender(<Chat warmOn="intent" target={() => element} />)
  expect([...watched]).toEqual([element])
  rerender(<Chat warmOn="intent" />)
  expect([...watched]).toEqual([undefined])
})

test('a target that is another element in each commit renders nothing again, and nobody asks for one while nothing waits for it', () => {
  const { Chat, seen } = startWatched()
  const target = vi.fn(() => document.createElement('p'))
  const { rerender } = render(<Chat warmOn="visible" target={target} />)
  expect(seen).toHaveLength(1)
  target.mockImplementation(() => {
    throw new Error('There is no element yet.')
  })
  rerender(<Chat warmOn="visible" enabled={false} target={target} />)
  rerender(<Chat warmOn="manual" target={target} />)
  expect(seen).toHaveLength(3)
})
