import { expect } from 'vitest'
import type { ProxyStub, Visit } from './proxy-stub.ts'
import type { Tab } from './tab.ts'
import { patiently } from './until.ts'

/** Asks again and again until the answer is as expected. */
export function soon(ask: () => unknown): ReturnType<typeof expect.poll> {
  return expect.poll(ask, patiently)
}

export const statusOf = (tab: Tab) => tab.evaluate(() => page.snapshot().status)

export const eventsOf = (tab: Tab) => tab.evaluate(() => page.events.map(({ type }) => type))

/** Whatever a page would have done by mistake, it has done by then. */
export async function moreBeats(proxy: ProxyStub, count: number, agent?: string): Promise<void> {
  const before = proxy.visits('beat', agent).length
  await soon(() => proxy.visits('beat', agent).length).toBeGreaterThanOrEqual(before + count)
}

/** Well past: a page counts from the answer to its last beat, the proxy from the beat; between the two nobody is late. */
export async function pastDeadline(proxy: ProxyStub, agent?: string): Promise<void> {
  await soon(() => proxy.sessions(agent)[0]?.overdueMs).toBeGreaterThan(300)
}

export function lateBeats(proxy: ProxyStub): Visit[] {
  return proxy.visits('beat').filter(({ state }) => state === 'expired' || state === 'closed')
}

/** On which session a message went. */
export function sessionOf(proxy: ProxyStub, text: string): string | undefined {
  return proxy.visits('message').find(visit => visit.text === text)?.session
}
