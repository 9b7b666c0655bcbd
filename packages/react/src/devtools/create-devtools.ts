import type { SessionEvent, WarmSessionOptions } from '@warm-agent/client'
import { createNetwork, type Network } from './network.ts'

/** How many events the panel remembers. */
const memory = 200

/** A watched session: what happened to it, and ways to make trouble for it. Give it to `<WarmAgentDevtools>`. */
export interface Devtools extends Pick<Network, 'expire' | 'isOffline' | 'setOffline'> {
  /** Puts the panel between a session and the network. Call it with the options of `useWarmAgentSession` or `createWarmSession`. */
  watch(options?: WarmSessionOptions): WarmSessionOptions
  /** The events, the oldest first; another array whenever there is a new one. */
  events(): readonly SessionEvent[]
  /** @returns what ends it. */
  subscribe(listener: () => void): () => void
}

/** Makes what the panel shows. */
export function createDevtools(): Devtools {
  const listeners = new Set<() => void>()
  let events: readonly SessionEvent[] = []
  const tell = () => {
    for (const listener of [...listeners]) listener()
  }
  const network = createNetwork(tell)

  return {
    watch(options = {}) {
      return {
        ...options,
        fetch: network.between(options.fetch),
        onEvent(event) {
          events = [...events.slice(1 - memory), event]
          tell()
          options.onEvent?.(event)
        },
      }
    },
    events: () => events,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ...network,
  }
}
