/** Version of the wire. It goes both ways in {@link headerNames.version}; absent means 1. */
export const wireVersion = '1'

/** Where the proxy is mounted unless told otherwise. */
export const defaultBasePath = '/api/agent'

/**
 * The wire: every route, relative to the base path.
 *
 * `open` takes `{ agent?: string }` and answers with a `text/event-stream` of `OpenEvent`s; `beat` answers with a `Lease`,
 * `message` with the agent's own bytes. The ticket comes in a header; `close` takes it as its text body too, because
 * `sendBeacon` can set no header.
 */
export const routes = {
  open: { method: 'POST', path: '/sessions' },
  beat: { method: 'POST', path: '/sessions/beat' },
  close: { method: 'POST', path: '/sessions/close' },
  message: { method: 'POST', path: '/messages' },
  health: { method: 'GET', path: '/health' },
} as const

export type RouteName = keyof typeof routes

export const versionHeader = 'Warm-Agent-Version'
export const ticketHeader = 'Warm-Agent-Ticket'
export const outcomeHeader = 'Warm-Agent-Outcome'
/** Which of several agents a message without a ticket goes to, percent-encoded. With a ticket, the ticket decides. */
export const agentHeader = 'Warm-Agent-Agent'

/** Marks the refusal to warm up a caller who is held out, for programs that must tell it from a limit. No page needs it. */
export const heldOutHeader = 'Warm-Agent-Held-Out'

/** The header names of the wire in one object. A browser imports only those that it needs, one by one. */
export const headerNames = {
  version: versionHeader,
  ticket: ticketHeader,
  outcome: outcomeHeader,
  agent: agentHeader,
} as const

/** Query parameter of `close`: stop the session that many milliseconds later, unless it is touched first. */
export const closeAfterParameter = 'afterMs'
