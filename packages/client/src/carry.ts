type Fetch = typeof globalThis.fetch

/** The page's own, from before an application could put a session's in its place. */
const native = globalThis.fetch

/**
 * Set while a request leaves a session: what carries it on when it comes to a session's `fetch` again, which an application
 * may have put in the place of `globalThis.fetch`, or given to another session.
 */
export let carryOn: Fetch | undefined

/** @returns `fetch`, with which the requests of a session leave it. */
export function createCarry(fetch: Fetch): Fetch {
  return (input, init) => {
    carryOn = native
    try {
      return fetch(input, init)
    } finally {
      carryOn = undefined
    }
  }
}
