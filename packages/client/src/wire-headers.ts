import { agentHeader, ticketHeader, versionHeader, wireVersion } from '@warm-agent/protocol'
import type { Resolvable } from './options.ts'

/** Headers for the proxy. */
export interface WireHeaders {
  /** Resolves the application's own headers (its login token), for one request. */
  resolve(): Promise<Headers>
  /** Settles when they are known, well or not; nothing when they are at once. */
  pending(): Promise<unknown> | undefined
  /**
   * Those that are known at once, or else those that were known last: a page that is going away cannot wait. Asks for them if
   * nobody has asked yet.
   */
  now(): Headers | undefined
}

export function createWireHeaders(source: Resolvable<HeadersInit> | undefined): WireHeaders {
  let last: Headers | undefined
  /** Whether they had to be waited for when they were asked for last: then asking may begin to renew a token. */
  let isSlow: boolean | undefined
  function ask() {
    const given = typeof source === 'function' ? source() : source
    // Not `instanceof`: a promise may come from another realm, or from a library that replaces Promise.
    isSlow = typeof (given as PromiseLike<unknown> | undefined)?.then === 'function'
    return given
  }
  function note(given: HeadersInit | undefined) {
    last = new Headers(given)
    return last
  }
  function pending() {
    try {
      const given = ask()
      if (isSlow)
        return Promise.resolve(given)
          .then(note)
          .catch(() => {})
      note(given as HeadersInit)
    } catch {
      // The request that needs them will fail by it, and tell.
    }
  }
  return {
    pending,
    async resolve() {
      // The first of several components asks; by then the others of its commit have mounted too.
      await null
      return note(await ask())
    },
    now() {
      if (!isSlow) void pending()
      return last
    },
  }
}

/** @returns our headers, added to the application's `own` and to those that are `given` in their place. */
export function addressed(ticket?: string, agent?: string, own?: Headers, given?: HeadersInit): Headers {
  const all = new Headers(own)
  for (const [name, value] of new Headers(given)) all.set(name, value)
  all.set(versionHeader, wireVersion)
  if (ticket) all.set(ticketHeader, ticket)
  else if (agent) all.set(agentHeader, encodeURIComponent(agent))
  return all
}
