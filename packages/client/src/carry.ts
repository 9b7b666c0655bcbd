type Fetch = typeof globalThis.fetch

/** The page's own, from before an application could put a session's in its place. */
const native = globalThis.fetch

/** On the options of a request that has left a session. Copies have it too; `fetch` does not look at it. */
const carried = Symbol()

/** @returns `fetch`, with which the requests of a session leave it. */
export function createCarry(fetch: Fetch): Fetch {
  return (input, init) => fetch(input, { ...init, [carried]: true } as RequestInit)
}

/**
 * @returns what carries a request on that comes to a session when it has left one already: an application may have put a
 * session's `fetch` in the place of `globalThis.fetch`, or given it to another session.
 */
export const carryOn = (init: RequestInit): Fetch | false => carried in init && native
