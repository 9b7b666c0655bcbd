/** What an agent's `GET /ping` says. `time_of_last_update` is in seconds since the epoch, by the agent's clock. */
export interface Ping {
  status?: unknown
  time_of_last_update?: unknown
}

/**
 * Whether a poll of `/ping` restarts the idle timer. Polls do not, but for an agent that says `HealthyBusy`, and for one
 * whose `time_of_last_update` has advanced since the poll before: an agent that always says "now" never idles, which is
 * a known way to keep a session by accident (AgentCore developer guide).
 */
export function restartsIdleTimer(previous: Ping | undefined, current: Ping | undefined): boolean {
  if (current?.status === 'HealthyBusy') return true
  const [before, now] = [previous?.time_of_last_update, current?.time_of_last_update]
  return typeof before === 'number' && typeof now === 'number' && now > before
}
