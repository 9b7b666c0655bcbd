// @vitest-environment jsdom

import { act, cleanup, render } from '@testing-library/react'
import { createWarmSession, type WarmSession, type WarmSessionOptions } from '@warm-agent/client'
import { useWarmAgentSession, WarmAgentProvider } from '@warm-agent/react'
import { createFakeEnvironment, type FakeEnvironment } from '@warm-agent/testing'
import { Component, lazy, type ReactNode, StrictMode, Suspense, startTransition, useEffect, useState } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeProxy, type FakeProxy } from '../../client/test/fake-proxy.ts'

let environment: FakeEnvironment
let proxy: FakeProxy
let options: WarmSessionOptions

beforeEach(() => {
  environment = createFakeEnvironment()
  proxy = createFakeProxy(environment)
  options = { environment, transport: proxy.transport, fetch: proxy.fetch }
})

afterEach(async () => {
  cleanup()
  await environment.advance(1000)
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})

/** Shows a session's status, and leaves what the hook gave in `seen`. */
const seen: ReturnType<typeof useWarmAgentSession>[] = []
function Chat(props: { options?: WarmSessionOptions | { session: WarmSession } }) {
  const session = useWarmAgentSession(props.options)
  seen.push(session)
  return <p>{session.status}</p>
}
beforeEach(() => {
  seen.length = 0
})

function Sender({ fetch }: { fetch: typeof globalThis.fetch }) {
  useEffect(() => void fetch('/api/agent/messages', { method: 'POST' }), [fetch])
  return null
}

function ParentOfSender(props: { options: WarmSessionOptions }) {
  return <Sender {...useWarmAgentSession(props.options)} />
}

function Room({ late, ...props }: { late: ReactNode; options: WarmSessionOptions }) {
  const [isOpen, setOpen] = useState(false)
  const { status } = useWarmAgentSession(props.options)
  return (
    <button type="button" onClick={() => setOpen(true)}>
      {status}
      {isOpen && late}
    </button>
  )
}

function Toggle(props: { options: WarmSessionOptions }) {
  const [isShown, show] = useState(false)
  const session = useWarmAgentSession(props.options)
  return (
    <button type="button" onClick={() => startTransition(() => show(true))}>
      show{isShown && ` ${session.status}`}
    </button>
  )
}

function Panel(props: { options: WarmSessionOptions }) {
  const session = useWarmAgentSession(props.options)
  return <PanelDoor session={session} />
}

function PanelDoor({ session }: { session: ReturnType<typeof useWarmAgentSession> }) {
  const [isOpen, open] = useState(false)
  return (
    <button type="button" onClick={() => open(true)}>
      show{isOpen && <Status session={session} />}
    </button>
  )
}

function Status({ session }: { session: ReturnType<typeof useWarmAgentSession> }) {
  return ` ${session.status}`
}

class Boundary extends Component<{ children: ReactNode }> {
  override state = { isBroken: false }
  static getDerivedStateFromError = () => ({ isBroken: true })
  override render = () => !this.state.isBroken && this.props.children
}

function Broken(): ReactNode {
  throw new Error('thrown by a sibling')
}

const last = () => seen.at(-1) as ReturnType<typeof useWarmAgentSession>

async function warmUp(index = 0) {
  await act(async () => {
    await proxy.openings[index]?.lease()
    await proxy.openings[index]?.warm()
    await proxy.openings[index]?.end()
  })
}

test('a component warms up when it is mounted and shows what became of it', async () => {
  const { container } = render(<Chat options={options} />)
  expect(container.textContent).toBe('warming')
  await warmUp()
  expect(container.textContent).toBe('warm')
  expect(last()).toMatchObject({ status: 'warm', heartbeat: 'running', error: null, outcome: null })
})

test('StrictMode mounts twice and warms once (StrictMode, partykit #336)', async () => {
  const { container } = render(
    <StrictMode>
      <Chat options={options} />
    </StrictMode>,
  )
  await warmUp()
  await act(() => environment.advance(5000))
  expect(container.textContent).toBe('warm')
  expect(proxy.openings).toHaveLength(1)
  expect(proxy.closes).toEqual([])
})

test('a storm of remounts warms once (remount, LiveKit useSession)', async () => {
  const { rerender, unmount } = render(<Chat key={0} options={options} />)
  for (let key = 1; key < 50; key++) rerender(<Chat key={key} options={{ ...options }} />)
  await act(() => environment.advance(900))
  unmount()
  await environment.advance(900)
  render(<Chat options={options} />)
  await act(() => environment.advance(5000))
  expect(proxy.openings).toHaveLength(1)
})

test('ten components that name the same agent share one session, and the last one out closes it', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
  const components = names.map(name => <Chat key={name} options={{ ...options }} />)
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
  const { rerender } = render(
    <>
      <Chat options={{ ...options, agent: 'travel' }} />
      <Chat options={{ ...options, agent: 'food' }} />
    </>,
  )
  expect(proxy.openings).toHaveLength(2)
  const { fetch } = last()
  rerender(<Chat options={{ ...options, agent: 'music' }} />)
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
  render([
    <Chat key="none" options={options} />,
    <Chat key="default" options={{ ...options, endpoint: '/api/agent' }} />,
  ])
  expect(proxy.openings).toHaveLength(1)
})

test('agents of one name at different endpoints, or for different users, have sessions of their own', () => {
  render([
    <Chat key="ours" options={options} />,
    <Chat key="theirs" options={{ ...options, endpoint: 'https://agents.example/v1' }} />,
    <Chat key="ann" options={{ ...options, user: 'ann' }} />,
  ])
  expect(proxy.openings).toHaveLength(3)
})

test('what one component closes, and another one warms again, all of them see', async () => {
  const { container } = render([<Chat key="one" options={options} />, <Chat key="other" options={options} />])
  await warmUp()
  await act(() => seen[0]?.close())
  expect(container.textContent).toBe('idleidle')
  act(() => void last().warm())
  await warmUp(1)
  expect(container.textContent).toBe('warmwarm')
})

test('a beat renders nothing again', async () => {
  render(<Chat options={options} />)
  await warmUp()
  const renders = seen.length
  await act(() => environment.advance(30 * 60_000))
  expect(proxy.beats.length).toBeGreaterThan(2)
  expect(seen).toHaveLength(renders)
})

test('a component renders again only when something changes that it has read', async () => {
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

test.each([
  ['in a later render of its own', Toggle],
  ['by a child that is mounted later', Panel],
])('a field that is first read %s is up to date', async (_, Reader) => {
  const { container } = render(<Reader options={options} />)
  await warmUp()
  expect(container.textContent).toBe('show')
  await act(async () => container.querySelector('button')?.click())
  expect(container.textContent).toBe('show warm')
})

test('the functions stay the same from render to render, and work', async () => {
  const { rerender } = render(<Chat options={{ ...options, warmOn: 'manual' }} />)
  const { fetch, warm, close } = last()
  expect(last().status).toBe('idle')
  act(() => void warm())
  await warmUp()
  rerender(<Chat options={{ ...options, warmOn: 'manual' }} />)
  expect(last()).toMatchObject({ fetch, warm, close, status: 'warm' })
  await act(() => fetch('/api/agent/messages', { method: 'POST' }))
  expect(last()).toMatchObject({ status: 'active', outcome: 'warm' })
  await act(() => close())
  expect(last()).toMatchObject({ status: 'idle', outcome: null })
})

test('the functions speak for the user that they were given to, also in the clean-up after a change', async () => {
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
  expect(proxy.messages).toHaveLength(1)
  expect(proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-2')
})

test('warmOn may change: what was manual opens', () => {
  const { rerender } = render(<Chat options={{ ...options, warmOn: 'manual' }} />)
  expect(proxy.openings).toHaveLength(0)
  rerender(<Chat options={{ ...options, warmOn: 'open' }} />)
  expect(proxy.openings).toHaveLength(1)
})

test('enabled may change: the warm-up waits for the login (sample-strands #131)', () => {
  const { rerender } = render(<Chat options={{ ...options, enabled: false }} />)
  expect(proxy.openings).toHaveLength(0)
  rerender(<Chat options={{ ...options, enabled: true }} />)
  expect(proxy.openings).toHaveLength(1)
})

test('target may change: the next watch is for that of the last commit', async () => {
  const watched: unknown[] = []
  environment.onTrigger = (_, target) => {
    watched.push(target)
    return () => {}
  }
  const [first, second] = [document.createElement('p'), document.createElement('p')]
  const { rerender } = render(<Chat options={{ ...options, warmOn: 'intent', target: () => first }} />)
  rerender(<Chat options={{ ...options, warmOn: 'intent', target: () => second }} />)
  // A spare that is lost while the user is away is one to watch for again.
  act(() => void last().warm())
  await warmUp()
  await act(() => environment.hide())
  await act(() => environment.advance(5 * 60_000))
  await act(() => environment.show())
  expect(watched[0]).toBe(first)
  expect(watched.at(-1)).toBe(second)
})

test('a target that comes after its session, or takes the place of another one, in whatever component, is watched from then on', async () => {
  const watched = new Set<unknown>()
  environment.onTrigger = (_, target) => {
    watched.add(target)
    return () => watched.delete(target)
  }
  const elements = [null, document.createElement('p'), document.createElement('p')]
  let element = elements[0]
  render(<Chat options={{ ...options, warmOn: 'intent', target: () => element }} />)
  for (element of elements) {
    await environment.advance(1000)
    expect([...watched]).toEqual([element])
  }
  expect(seen).toHaveLength(1)
})

test('a target that is given later, or no more, takes the place of the whole page, or leaves it', () => {
  const watched = new Set<unknown>()
  environment.onTrigger = (_, target) => {
    watched.add(target)
    return () => watched.delete(target)
  }
  const element = document.createElement('p')
  const { rerender } = render(<Chat options={{ ...options, warmOn: 'intent' }} />)
  expect([...watched]).toEqual([undefined])
  rerender(<Chat options={{ ...options, warmOn: 'intent', target: () => element }} />)
  expect([...watched]).toEqual([element])
  rerender(<Chat options={{ ...options, warmOn: 'intent' }} />)
  expect([...watched]).toEqual([undefined])
})

test('a target that is another element in each commit renders nothing again, and nobody asks for one while nothing waits for it', () => {
  const target = vi.fn(() => document.createElement('p'))
  environment.onTrigger = () => () => {}
  const { rerender } = render(<Chat options={{ ...options, warmOn: 'visible', target }} />)
  expect(seen).toHaveLength(1)
  target.mockImplementation(() => {
    throw new Error('There is no element yet.')
  })
  rerender(<Chat options={{ ...options, warmOn: 'visible', enabled: false, target }} />)
  rerender(<Chat options={{ ...options, warmOn: 'manual', target }} />)
  expect(seen).toHaveLength(3)
})

test('of several components one that wants the warm-up is enough', () => {
  const { rerender } = render([<Chat key="manual" options={{ ...options, warmOn: 'manual' }} />])
  expect(proxy.openings).toHaveLength(0)
  rerender([<Chat key="manual" options={{ ...options, warmOn: 'manual' }} />, <Chat key="open" options={options} />])
  expect(proxy.openings).toHaveLength(1)
})

test('headers, fetch and onEvent are those of the last commit (vercel/ai #7819)', async () => {
  const tokens = (token: string) => ({
    ...options,
    headers: () => ({ authorization: token }),
    onEvent: vi.fn(),
  })
  const [first, second] = [tokens('first'), tokens('second')]
  const { rerender } = render(<Chat options={first} />)
  expect(first.onEvent).toHaveBeenCalledTimes(1)
  rerender(<Chat options={{ ...second, fetch: proxy.fetch }} />)
  await warmUp()
  await act(() => last().fetch('/api/agent/messages', { method: 'POST' }))
  expect(proxy.messages[0]?.headers.get('authorization')).toBe('second')
  expect(first.onEvent).toHaveBeenCalledTimes(1)
  expect(second.onEvent.mock.calls.map(([event]) => event.type)).toEqual([
    'lease-granted',
    'warm-succeeded',
    'message-sent',
    'message-answered',
  ])
})

test('of several components the one that has an option decides, and its headers still close the session', async () => {
  const headers = vi.fn(() => ({ authorization: 'Bearer token' }))
  const { rerender, unmount } = render(
    <>
      <Chat options={{ ...options, headers }} />
      <Chat options={options} />
    </>,
  )
  await warmUp()
  await act(() => last().fetch('/api/agent/messages', { method: 'POST' }))
  expect(proxy.messages[0]?.headers.get('authorization')).toBe('Bearer token')
  rerender(<Chat options={{ ...options, headers }} />)
  unmount()
  await environment.advance(1000)
  expect(proxy.closes).toHaveLength(1)
})

test('of several components that have an option the last one decides', async () => {
  render([
    <Chat key="one" options={{ ...options, headers: { authorization: 'of the first' } }} />,
    <Chat key="other" options={{ ...options, headers: { authorization: 'of the last' } }} />,
  ])
  await warmUp()
  await act(() => seen[0]?.fetch('/api/agent/messages', { method: 'POST' }) as Promise<Response>)
  expect(proxy.messages[0]?.headers.get('authorization')).toBe('of the last')
})

test('a session that one component opens has the headers that another one brings', async () => {
  const withoutTransport = { ...options, transport: undefined }
  render([
    <Chat key="opens" options={withoutTransport} />,
    <Chat key="brings" options={{ ...withoutTransport, headers: { authorization: 'Bearer token' } }} />,
  ])
  await act(() => environment.advance(0))
  expect(proxy.messages[0]?.input).toContain('/sessions')
  expect(proxy.messages[0]?.headers.get('authorization')).toBe('Bearer token')
})

test('the options of a component that has gone do not count any more', async () => {
  const onEvent = vi.fn()
  const { rerender } = render([
    <Chat key="goes" options={{ ...options, onEvent }} />,
    <Chat key="stays" options={options} />,
  ])
  expect(onEvent).toHaveBeenCalledTimes(1)
  rerender([<Chat key="stays" options={options} />])
  await warmUp()
  expect(last().status).toBe('warm')
  expect(onEvent).toHaveBeenCalledTimes(1)
})

test('a child may send from its own first effect, before its parent’s have run (assistant-ui #2869)', async () => {
  render(<ParentOfSender options={options} />)
  await act(() => environment.advance(0))
  await act(async () => proxy.openings[0]?.lease())
  expect(proxy.messages[0]?.headers.get('Warm-Agent-Ticket')).toBe('ticket-1')
  expect(proxy.openings).toHaveLength(1)
})

test('a component that suspends, also after it was shown, keeps its session (Suspense)', async () => {
  let load = (_: { default: () => ReactNode }) => {}
  const Late = lazy(
    () =>
      new Promise<{ default: () => ReactNode }>(resolve => {
        load = resolve
      }),
  )
  const { container } = render(
    <StrictMode>
      <Suspense fallback="…">
        <Room late={<Late />} options={options} />
      </Suspense>
    </StrictMode>,
  )
  await warmUp()
  act(() => container.querySelector('button')?.click())
  expect(container.textContent).toContain('…')
  await act(() => environment.advance(5000))
  await act(async () => load({ default: () => <b>!</b> }))
  expect(container.textContent).toBe('warm!')
  expect(proxy.openings).toHaveLength(1)
})

test('the server renders without a call, and the browser hydrates without a warning and then warms up', async () => {
  const consoleError = vi.spyOn(console, 'error').mockImplementation(() => {})
  const page = (
    <StrictMode>
      <Chat options={options} />
      <Chat options={options} />
    </StrictMode>
  )
  const html = renderToString(page)
  expect(html).toBe('<p>idle</p><p>idle</p>')
  expect(proxy.openings).toHaveLength(0)
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })

  const container = document.createElement('div')
  container.innerHTML = html
  const root = await act(() => hydrateRoot(container, page, { onRecoverableError: error => consoleError(error) }))
  expect(container.textContent).toBe('warmingwarming')
  expect(proxy.openings).toHaveLength(1)
  expect(consoleError).not.toHaveBeenCalled()
  act(() => root.unmount())
  consoleError.mockRestore()
})

test('a part of the page that hydrates after the session is warm does so without a warning', async () => {
  const consoleError = vi.spyOn(console, 'error').mockImplementation(() => {})
  const html = renderToString(<Chat options={options} />)
  render(<Chat options={options} />)
  await warmUp()
  const container = document.createElement('div')
  container.innerHTML = html
  const root = await act(() =>
    hydrateRoot(container, <Chat options={options} />, { onRecoverableError: error => consoleError(error) }),
  )
  expect(container.textContent).toBe('warm')
  expect(consoleError).not.toHaveBeenCalled()
  act(() => root.unmount())
  consoleError.mockRestore()
})

test('a component rendered while the session is warm shows it from its first render on', async () => {
  const { rerender } = render(<Chat options={options} />)
  await warmUp()
  seen.length = 0
  rerender(
    <>
      <Chat options={options} />
      <Chat options={options} />
    </>,
  )
  expect(seen.map(({ status }) => status)).toEqual(['warm', 'warm'])
})

test('a render that is never committed makes no session', () => {
  const consoleError = vi.spyOn(console, 'error').mockImplementation(() => {})
  render(
    <Boundary>
      <Chat options={options} />
      <Broken />
    </Boundary>,
  )
  expect(seen.length).toBeGreaterThan(0)
  expect(proxy.openings).toHaveLength(0)
  consoleError.mockRestore()
})

test('a session of one’s own is used as it is', async () => {
  const session = createWarmSession(options)
  const { unmount } = render(<Chat options={{ session }} />)
  await warmUp()
  expect(last()?.status).toBe('warm')
  expect(last()?.getHeaders()).toEqual(session.getHeaders())
  unmount()
  await environment.advance(1000)
  expect(session.store.getState().status).toBe('idle')
})

test('under a provider the hook without options uses the provider’s session, which lives as long as the provider', async () => {
  const session = createWarmSession(options)
  const page = (children?: ReactNode) => (
    <StrictMode>
      <WarmAgentProvider session={session}>{children}</WarmAgentProvider>
    </StrictMode>
  )
  const { rerender, unmount } = render(page(<Chat />))
  await warmUp()
  expect(last()?.status).toBe('warm')
  rerender(page())
  await act(() => environment.advance(5000))
  rerender(page(<Chat />))
  expect(proxy.openings).toHaveLength(1)
  rerender(page(<Chat options={{ ...options, agent: 'other' }} />))
  expect(proxy.openings).toHaveLength(2)
  unmount()
  await environment.advance(1000)
  expect(session.store.getState().status).toBe('idle')
})
