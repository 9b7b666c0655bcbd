import { WarmAgentError } from '@warm-agent/protocol'
import type { Held, SessionCore } from './session-core.ts'

/** The proxy gives a warm-up 60 s unless told otherwise, the platform at most 120 s: what takes longer is lost. */
const flightLimitMs = 150_000

/** Does one thing on the wire. `land` learns how it ended, unless nobody wants to know any more. */
export async function fly<Result>(
  core: SessionCore,
  mine: Held,
  run: (flight: AbortController) => Promise<Result>,
  land: (result: Result | undefined, error: WarmAgentError) => void,
) {
  const flight = new AbortController()
  mine.flight = flight
  flight.signal.onabort = core.environment.after(flightLimitMs, () => flight.abort())
  let result: Result | undefined
  let failure: unknown
  try {
    result = await run(flight)
  } catch (cause) {
    failure = cause
  }
  flight.abort()
  if (mine !== core.held || mine.flight !== flight) return
  mine.flight = undefined
  land(result, toError(failure))
}

function toError(cause: unknown): WarmAgentError {
  if (cause instanceof WarmAgentError) return cause
  const why = (cause as Error | undefined)?.message ?? 'it ended early'
  return new WarmAgentError('agent_unavailable', `Could not reach the proxy: ${why}.`, { cause })
}
