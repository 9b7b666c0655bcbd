import { createWarmSession, type SessionEvent, type WarmSessionOptions } from '@warm-agent/client'
import { createFakeEnvironment, type FakeEnvironmentOptions } from '@warm-agent/testing'
import { createFakeProxy } from './fake-proxy.ts'

/** A session in a fake world with a fake proxy, and everything that happened to it. */
export function start(options: WarmSessionOptions = {}, world: FakeEnvironmentOptions = {}) {
  const environment = createFakeEnvironment(world)
  const proxy = createFakeProxy(environment)
  const events: SessionEvent[] = []
  const session = createWarmSession({
    environment,
    transport: proxy.transport,
    fetch: proxy.fetch,
    onEvent: event => events.push(event),
    ...options,
  })
  return {
    environment,
    proxy,
    session,
    events,
    status: () => session.store.getState().status,
    types: () => events.map(({ type }) => type),
    /** Warms up to the end. */
    async warmUp() {
      void session.warm()
      const opening = proxy.openings.at(-1)
      await opening?.lease()
      await opening?.warm()
      await opening?.end()
    },
    /** Sends a message to the proxy's own route. */
    ask: (init: RequestInit = {}) => session.fetch('/api/agent/messages', { method: 'POST', body: 'hi', ...init }),
  }
}
