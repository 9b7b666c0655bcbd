import { type ErrorCode, WarmAgentError } from '@warm-agent/protocol'
import { type FailureReason, RuntimeFailure } from './agent-runtime.ts'
import { CallTimedOut } from './sessions/call-runtime.ts'
import { ClosedMeanwhile } from './sessions/closed-meanwhile.ts'
import { NoAnswer } from './within.ts'

/** Ends what a browser is told of the deployment's own failures. What they are is only for those who run it. */
const seeLog = "See the proxy's log."

/** What a browser is told of each failure of the platform. Its own words stay in the cause, for the log. */
const errorOfReason: Record<FailureReason, readonly [ErrorCode, string]> = {
  invalid: ['bad_request', 'Could not reach the agent: the platform refused the request as malformed. Check its body.'],
  unauthenticated: ['unauthenticated', 'Could not reach the agent: your sign-in was refused. Sign in again.'],
  refused: [
    'agent_unavailable',
    `Could not reach the agent: the proxy's own credentials are missing, or were refused. ${seeLog}`,
  ],
  missing: ['agent_unavailable', `Could not reach the agent: the platform does not know it. ${seeLog}`],
  quota: ['quota_exceeded', 'Could not start the agent: too many sessions are running. Try again later.'],
  conflict: ['agent_unavailable', 'Could not reach the agent: its session is being started or ended. Try again.'],
  throttled: ['rate_limited', 'Could not reach the agent: too many requests. Try again in a moment.'],
  agent: ['agent_failed', "Could not get an answer: the agent failed. See the agent's log before you send again."],
  unavailable: ['agent_unavailable', 'Could not reach the agent: the platform failed. Try again.'],
  unreachable: ['agent_unavailable', 'Could not reach the platform: the connection failed. Try again.'],
}

/** What is told instead of a message that the agent may have seen: whoever sends again may send twice. */
const unsureOfReason: { [Reason in FailureReason]?: string } = {
  unavailable: 'Could not get an answer: the platform failed. The message may have arrived.',
  unreachable: 'Could not get an answer: the connection broke. The message may have arrived.',
}

/**
 * @param options `isMessage`: the call that failed carried a message.
 * @returns the error as the browser is told it; what it was made of is its cause.
 */
export function toWarmAgentError(error: unknown, { isMessage = false } = {}): WarmAgentError {
  if (error instanceof WarmAgentError) return error
  if (error instanceof RuntimeFailure) {
    const [code, message] = errorOfReason[error.reason]
    const unsure = isMessage && error.mayHaveRun ? unsureOfReason[error.reason] : undefined
    return new WarmAgentError(code, unsure ?? message, { cause: error, retryAfterMs: error.retryAfterMs })
  }
  if (error instanceof CallTimedOut) {
    const message =
      isMessage && error.mayHaveRun
        ? 'Could not get an answer: none came in time. The message may have arrived.'
        : 'Could not reach the agent: it was not ready in time. Try again.'
    return new WarmAgentError('warm_up_timed_out', message, { cause: error })
  }
  if (error instanceof NoAnswer) {
    return new WarmAgentError(
      'agent_unavailable',
      'Could not answer in time: the proxy is waiting for others. Try again.',
      {
        cause: error,
      },
    )
  }
  return new WarmAgentError('internal', `Could not answer: the proxy failed. ${seeLog}`, { cause: error })
}

/** @returns what a browser is told of a failure, if that is to see the proxy's log. */
export function toldToSeeLog(error: unknown): string | undefined {
  const { message } = toWarmAgentError(error)
  return message.endsWith(seeLog) && !(error instanceof ClosedMeanwhile) ? message : undefined
}
