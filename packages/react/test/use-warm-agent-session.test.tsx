// @vitest-environment jsdom

import { act, render } from '@testing-library/react'
import { createWarmSession } from '@warm-agent/client'
import { useWarmAgentSession, WarmAgentProvider, type WarmSessionOptions } from '@warm-agent/react'
import { Component, type ComponentProps, lazy, type ReactNode, StrictMode, Suspense, useEffect, useState } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { expect, onTestFinished, test, vi } from 'vitest'
import { later } from '../../client/test/later.ts'
import { start } from './start.tsx'

/** Keeps what React complains of out of the log of the tests. */
function catchComplaints() {
  const complaints = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => complaints.mockRestore())
  return complaints
}

test('a component warms up when it is mounted and shows what became of it', async () => {
  const { Chat, warmUp, last } = start()
  const { container } = render(<Chat />)
  expect(container.textContent).toBe('warming')
  await warmUp()
  expect(container.textContent).toBe('warm')
  expect(last()).toMatchObject({ status: 'warm', heartbeat: 'running', error: null, outcome: null })
})

test('StrictMode mounts twice and warms once (StrictMode, partykit #336)', async () => {
  const { Chat, warmUp, environment, proxy } = start()
  const { container } = render(
    <StrictMode>
      <Chat />
    </StrictMode>,
  )
  await warmUp()
  await act(() => environment.advance(5000))
  expect(container.textContent).toBe('warm')
  expect(proxy.openings).toHaveLength(1)
  expect(proxy.closes).toEqual([])
})

test('a storm of remounts warms once (remount, LiveKit useSession)', async () => {
  const { Chat, environment, proxy } = start()
  const { rerender, unmount } = render(<Chat key={0} />)
  for (let key = 1; key < 50; key++) rerender(<Chat key={key} />)
  await act(() => environment.advance(900))
  unmount()
  await environment.advance(900)
  render(<Chat />)
  await act(() => environment.advance(5000))
  expect(proxy.openings).toHaveLength(1)
})

function Sender({ fetch }: { fetch: typeof globalThis.fetch }) {
  useEffect(() => void fetch('/api/agent/messages', { method: 'POST' }), [fetch])
  return null
}

function ParentOfSender(options: WarmSessionOptions) {
  return <Sender {...useWarmAgentSession(options)} />
}

test('a child may send from its own first effect, before its parent’s have run (assistant-ui #2869)', async () => {
  const { options, environment, proxy } = start()
  render(<ParentOfSender {...options} />)
  await act(() => environment.advance(0))
  await act(async () => proxy.openings[0]?.lease())
  expect(proxy.tickets()).toEqual(['ticket-1'])
  expect(proxy.openings).toHaveLength(1)
})

function Room({ late, ...options }: { late: ReactNode } & WarmSessionOptions) {
  const [isOpen, setOpen] = useState(false)
  const { status } = useWarmAgentSession(options)
  return (
    <button type="button" onClick={() => setOpen(true)}>
      {status}
      {isOpen && late}
    </button>
  )
}

test('a component that suspends, also after it was shown, keeps its session (Suspense)', async () => {
  const { options, warmUp, environment, proxy } = start()
  const loading = later<{ default: () => ReactNode }>()
  const Late = lazy(() => loading.promise)
  const { container } = render(
    <StrictMode>
      <Suspense fallback="…">
        <Room late={<Late />} {...options} />
      </Suspense>
    </StrictMode>,
  )
  await warmUp()
  act(() => container.querySelector('button')?.click())
  expect(container.textContent).toContain('…')
  await act(() => environment.advance(5000))
  await act(async () => loading.resolve({ default: () => <b>!</b> }))
  expect(container.textContent).toBe('warm!')
  expect(proxy.openings).toHaveLength(1)
})

class Boundary extends Component<{ children: ReactNode }> {
  override state = { isBroken: false }
  static getDerivedStateFromError = () => ({ isBroken: true })
  override render = () => !this.state.isBroken && this.props.children
}

function Broken(): ReactNode {
  throw new Error('thrown by a sibling')
}

test('a render that is never committed makes no session', () => {
  const { Chat, seen, proxy } = start()
  catchComplaints()
  render(
    <Boundary>
      <Chat />
      <Broken />
    </Boundary>,
  )
  expect(seen.length).toBeGreaterThan(0)
  expect(proxy.openings).toHaveLength(0)
})

test('the server renders without a call, and the browser hydrates without a warning and then warms up', async () => {
  const { Chat, environment, proxy } = start()
  const complaints = catchComplaints()
  const page = (
    <StrictMode>
      <Chat />
      <Chat />
    </StrictMode>
  )
  const html = renderToString(page)
  expect(html).toBe('<p>idle</p><p>idle</p>')
  expect(proxy.openings).toHaveLength(0)
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })

  const container = document.createElement('div')
  container.innerHTML = html
  const root = await act(() => hydrateRoot(container, page, { onRecoverableError: error => complaints(error) }))
  expect(container.textContent).toBe('warmingwarming')
  expect(proxy.openings).toHaveLength(1)
  expect(complaints).not.toHaveBeenCalled()
  act(() => root.unmount())
})

test('a part of the page that hydrates after the session is warm does so without a warning', async () => {
  const { Chat, warmUp } = start()
  const complaints = catchComplaints()
  const container = document.createElement('div')
  container.innerHTML = renderToString(<Chat />)
  render(<Chat />)
  await warmUp()
  const root = await act(() => hydrateRoot(container, <Chat />, { onRecoverableError: error => complaints(error) }))
  expect(container.textContent).toBe('warm')
  expect(complaints).not.toHaveBeenCalled()
  act(() => root.unmount())
})

test('a session of one’s own is used as it is', async () => {
  const { Chat, options, warmUp, last, environment } = start()
  const session = Object.freeze(createWarmSession(options))
  const { unmount } = render(<Chat session={session} />)
  await warmUp()
  expect(last().status).toBe('warm')
  expect(last().getHeaders()).toEqual(session.getHeaders())
  unmount()
  await environment.advance(1000)
  expect(session.store.getState().status).toBe('idle')
})

test('a component that has gone listens no more to a session of one’s own', async () => {
  const { Chat, options } = start()
  const session = createWarmSession(options)
  const { subscribe } = session.store
  let listening = 0
  session.store.subscribe = listener => {
    const end = subscribe(listener)
    listening++
    return () => {
      end()
      listening--
    }
  }
  const { unmount } = render(<Chat session={session} />)
  expect(listening).toBe(1)
  unmount()
  expect(listening).toBe(0)
})

test.each<[string, (options: WarmSessionOptions) => ComponentProps<ReturnType<typeof start>['Chat']>]>([
  ['agent', options => options],
  ['session of one’s own', options => ({ session: createWarmSession(options) })],
])('after a change of %s, the status is that of the new one', async (_, propsFor) => {
  const { Chat, options, warmUp, environment, proxy } = start()
  const [before, after] = ['travel', 'food'].map(agent => propsFor({ ...options, agent }))
  const { rerender, container } = render(<Chat {...before} />)
  await warmUp()
  rerender(<Chat {...after} />)
  expect(container.textContent).toBe('warming')
  await warmUp(1)
  expect(container.textContent).toBe('warm')
  await act(() => environment.advance(1000))
  expect(proxy.closes).toHaveLength(1)
})

function Guest() {
  return useWarmAgentSession().status
}

test('under a provider the hook without options uses the provider’s session, which lives as long as the provider', async () => {
  const { Chat, options, warmUp, environment, proxy } = start()
  const session = createWarmSession(options)
  const page = (children?: ReactNode) => (
    <StrictMode>
      <WarmAgentProvider session={session}>{children}</WarmAgentProvider>
    </StrictMode>
  )
  const { container, rerender, unmount } = render(page(<Guest />))
  await warmUp()
  expect(container.textContent).toBe('warm')
  rerender(page())
  await act(() => environment.advance(5000))
  rerender(page(<Guest />))
  expect(proxy.openings).toHaveLength(1)
  rerender(page(<Chat agent="other" />))
  expect(proxy.openings).toHaveLength(2)
  unmount()
  await environment.advance(1000)
  expect(session.store.getState().status).toBe('idle')
})

test('a provider that is given another session keeps that one, and lets the first go', async () => {
  const { options, warmUp, environment, proxy } = start()
  const page = (agent: string) => <WarmAgentProvider session={createWarmSession({ ...options, agent })} />
  const { rerender } = render(page('travel'))
  await warmUp()
  rerender(page('food'))
  expect(proxy.openings).toHaveLength(2)
  await environment.advance(1000)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-2' }])
})
