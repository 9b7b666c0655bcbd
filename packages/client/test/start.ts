import { createWarmSession, type SessionEvent, type WarmSessionOptions } from '@warm-agent/client'
import { createFakeEnvironment, type FakeEnvironmentOptions, settle } from '@warm-agent/testing'
import { createFakeProxy } from './fake-proxy.ts'

/** The message that `ask` sends. */
export const post = { method: 'POST', body: 'hi' }

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
      await proxy.openings.at(-1)?.complete()
    },
    /** Sends a message to the proxy's own route. */
    ask: (init: RequestInit = {}) => session.fetch('/api/agent/messages', { ...post, ...init }),
  }
}

export type Page = ReturnType<typeof start>

/** The same in a page that uses it, and knows by now what other pages have. */
export async function startMounted(options: WarmSessionOptions = {}, world: FakeEnvironmentOptions = {}) {
  const page = start(options, world)
  page.session.mount()
  await settle()
  return page
}
