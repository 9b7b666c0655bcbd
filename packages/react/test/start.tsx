import { act, cleanup } from '@testing-library/react'
import type { WarmSession } from '@warm-agent/client'
import { useWarmAgentSession, type WarmAgentSession, type WarmSessionOptions } from '@warm-agent/react'
import { createFakeEnvironment } from '@warm-agent/testing'
import { expect, onTestFinished } from 'vitest'
import { createFakeProxy } from '../../client/test/fake-proxy.ts'

/** A page in a fake world with a fake proxy. When the test is over, it is closed and may leave nothing behind. */
export function start() {
  const environment = createFakeEnvironment()
  const proxy = createFakeProxy(environment)
  const options: WarmSessionOptions = { environment, transport: proxy.transport, fetch: proxy.fetch }
  const seen: WarmAgentSession[] = []
  const last = () => seen.at(-1) as WarmAgentSession

  onTestFinished(async () => {
    cleanup()
    await environment.advance(1000)
    expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
  })

  /** Shows a session's status, and leaves what the hook gave in `seen`. Its props are options on top of those of the page. */
  function Chat(props: WarmSessionOptions | { session: WarmSession }) {
    const session = useWarmAgentSession({ ...options, ...props })
    seen.push(session)
    return <p>{session.status}</p>
  }

  return {
    environment,
    proxy,
    options,
    Chat,
    seen,
    last,
    /** Lets the warm-up of that number end well. */
    warmUp: (index = 0) => act(async () => proxy.openings[index]?.complete()),
    /** Sends a message from the component that was rendered last. */
    send: (session = last()) => act(() => session.fetch('/api/agent/messages', { method: 'POST' })),
  }
}
