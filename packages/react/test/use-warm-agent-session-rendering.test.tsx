// @vitest-environment jsdom

import { act, render } from '@testing-library/react'
import { useWarmAgentSession, type WarmAgentSession, type WarmSessionOptions } from '@warm-agent/react'
import { startTransition, useEffect, useState } from 'react'
import { expect, test } from 'vitest'
import { start } from './start.tsx'

test('a component rendered while the session is warm shows it from its first render on', async () => {
  const { Chat, warmUp, seen } = start()
  const { rerender } = render(<Chat />)
  await warmUp()
  seen.length = 0
  rerender(
    <>
      <Chat />
      <Chat />
    </>,
  )
  expect(seen.map(({ status }) => status)).toEqual(['warm', 'warm'])
})

test('a beat renders nothing again', async () => {
  const { Chat, warmUp, seen, environment, proxy } = start()
  render(<Chat />)
  await warmUp()
  const renders = seen.length
  await act(() => environment.advance(30 * 60_000))
  expect(proxy.beats.length).toBeGreaterThan(2)
  expect(seen).toHaveLength(renders)
})

test('a component renders again only when something changes that it has read', async () => {
  const { options, warmUp } = start()
  let renders = 0
  function Composer() {
    const { fetch, outcome } = useWarmAgentSession(options)
    renders++
    return (
      <button type="button" onClick={() => void fetch('/api/agent/messages', { method: 'POST' })}>
        {outcome}
      </button>
    )
  }
  const { container } = render(<Composer />)
  const before = renders
  await warmUp()
  expect(renders).toBe(before)
  await act(async () => container.querySelector('button')?.click())
  expect(container.textContent).toBe('warm')
  expect(renders).toBe(before + 1)
})

function Toggle(options: WarmSessionOptions) {
  const [isShown, show] = useState(false)
  const session = useWarmAgentSession(options)
  return (
    <button type="button" onClick={() => startTransition(() => show(true))}>
      show{isShown && ` ${session.status}`}
    </button>
  )
}

function Panel(options: WarmSessionOptions) {
  return <PanelDoor session={useWarmAgentSession(options)} />
}

function PanelDoor({ session }: { session: WarmAgentSession }) {
  const [isOpen, open] = useState(false)
  return (
    <button type="button" onClick={() => open(true)}>
      show{isOpen && <Status session={session} />}
    </button>
  )
}

function Status({ session }: { session: WarmAgentSession }) {
  return ` ${session.status}`
}

test.each([
  ['in a later render of its own', Toggle],
  ['by a child that is mounted later', Panel],
])('a field that is first read %s is up to date', async (_, Reader) => {
  const { options, warmUp } = start()
  const { container } = render(<Reader {...options} />)
  await warmUp()
  expect(container.textContent).toBe('show')
  await act(async () => container.querySelector('button')?.click())
  expect(container.textContent).toBe('show warm')
})

test('the functions stay the same from render to render, and work', async () => {
  const { Chat, warmUp, send, last } = start()
  const { rerender } = render(<Chat warmOn="manual" />)
  const { fetch, warm, close, handoff } = last()
  expect(last().status).toBe('idle')
  act(() => void warm())
  await warmUp()
  rerender(<Chat warmOn="manual" />)
  expect(last()).toMatchObject({ fetch, warm, close, handoff, status: 'warm' })
  expect(await handoff()).toMatchObject({ headers: { 'warm-agent-ticket': 'ticket-2' } })
  await send()
  expect(last()).toMatchObject({ status: 'active', outcome: 'warm' })
  await act(() => close())
  expect(last()).toMatchObject({ status: 'idle', outcome: null })
})

test('the functions speak for the user that they were given to, also in the clean-up after a change', async () => {
  const { options, warmUp, proxy } = start()
  function Draft({ user }: { user: string }) {
    const { fetch } = useWarmAgentSession({ ...options, user })
    useEffect(
      () => () => void fetch('/api/agent/messages', { method: 'POST', body: `draft of ${user}` }),
      [fetch, user],
    )
    return null
  }
  const { rerender } = render(<Draft user="ada" />)
  await warmUp()
  rerender(<Draft user="bob" />)
  await act(async () => proxy.openings[1]?.lease({ ticket: 'ticket-of-bob' }))
  expect(proxy.tickets()).toEqual(['ticket-2'])
})
