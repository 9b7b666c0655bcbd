/** Whether a proxy of ours refused a request for its ticket: `401`, with the code `ticket_invalid`. */
export function isTicketRefused(said: string): boolean {
  return /^(it was answered with status )?401\b.*\bticket_invalid\b/s.test(said)
}

/** What to do then. */
export const keepTicketsGood =
  'Give all instances behind this address the same WARM_AGENT_SECRET, and let nothing in between keep the cookie from coming back: a ticket is good where it was sealed, and for its own caller.'
