import { headerNames, wireVersion } from '@warm-agent/protocol'
import type { Resolvable } from './options.ts'

/** Headers for the proxy. */
export interface WireHeaders {
  /** Resolves the application's own headers (its login token), for one request. */
  resolve(): Promise<Headers>
  /** Those of the request before: a page that is going away cannot wait. */
  last(): Headers
}

export function createWireHeaders(source: Resolvable<HeadersInit> | undefined): WireHeaders {
  let last = new Headers()
  return {
    async resolve() {
      last = new Headers(await (typeof source === 'function' ? source() : source))
      return last
    },
    last: () => last,
  }
}

/** @returns `own` headers, those that are `given` in their place, and ours. */
export function addressed(own?: Headers, given?: HeadersInit, ticket?: string, agent?: string): Headers {
  const all = new Headers(own)
  new Headers(given).forEach((value, name) => {
    all.set(name, value)
  })
  all.set(headerNames.version, wireVersion)
  if (ticket) all.set(headerNames.ticket, ticket)
  else if (agent) all.set(headerNames.agent, encodeURIComponent(agent))
  return all
}
