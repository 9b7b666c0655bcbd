/**
 * What the early script leaves on `globalThis`, under {@link pageKey}: its session, for the first that calls it.
 * @returns the answer to its `open`, or nothing when it failed, or is too old: then one opens a session oneself.
 */
export type EarlyFlight = (signal: AbortSignal) => Promise<Response | undefined> | undefined

/**
 * @returns under which key a page has what is an agent's: its early flight, and, for one user, the leases that pages keep for
 * each other, and, at its end, the name of the lock of its spare. The early script, which knows no user, knows them all by
 * how they end.
 */
export function pageKey(endpoint: string, agent = '', user = ''): string {
  return `warm-agent ${user} ${endpoint} ${agent}`
}
