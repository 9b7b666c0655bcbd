import type { Profile } from './profile.ts'
import type { ProxyStub } from './proxy-stub.ts'

/** Visible all at once, as each is in front of a window of its own. `?tab=` tells the proxy which one speaks. */
export async function openWindows(proxy: ProxyStub, profile: Profile, count: number) {
  const names = Array.from({ length: count }, (_, index) => `/plain?tab=${index + 1}`)
  const tabs = []
  for (const name of names) tabs.push(await profile.open(proxy.url + name, { newWindow: true }))
  return { tabs, names }
}

export const spares = (proxy: ProxyStub) =>
  proxy.sessions().filter(({ isSent, state }) => !isSent && /warming|live|parked/.test(state))

export const lastBeat = (proxy: ProxyStub) => proxy.visits('beat').at(-1)?.page ?? ''
