import { RuntimeFailure } from '../agent-runtime.ts'
import { type CallPurpose, retryWaitMs } from './retry.ts'

export interface CallOptions {
  purpose: CallPurpose
  /** No further attempt begins after this long, in milliseconds. */
  retryForMs: number
  /** All attempts and waits together take at most this long, in milliseconds. Default: `retryForMs`. */
  timeoutMs?: number
  /** The caller's own end of interest. */
  signal?: AbortSignal | undefined
}

/** A call that did not succeed before its deadline. Its cause is the last failure that was seen. */
export class CallTimedOut extends Error {
  override readonly name = 'CallTimedOut'
}

/**
 * Makes `attempt` until it succeeds, must not be made again, or the time is over.
 *
 * @returns the value, and whether a 409 was met on the way: then the session was just being provisioned or torn down.
 * @throws RuntimeFailure the last failure; CallTimedOut; or the reason of `signal`.
 */
export async function callRuntime<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  { purpose, retryForMs, timeoutMs = retryForMs, signal }: CallOptions,
): Promise<{ value: T; sawConflict: boolean }> {
  const retryUntil = Date.now() + retryForMs
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), timeoutMs)
  const ended = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal
  let lastFailure: RuntimeFailure | undefined
  let sawConflict = false
  try {
    for (let attempts = 1; ; attempts++) {
      try {
        return { value: await attempt(ended), sawConflict }
      } catch (failure) {
        if (ended.aborted || !(failure instanceof RuntimeFailure)) throw failure
        lastFailure = failure
        sawConflict ||= failure.reason === 'conflict'
        const waitMs = retryWaitMs(failure, purpose, attempts, Math.random())
        if (waitMs === undefined) throw failure
        if (Date.now() + waitMs >= retryUntil) {
          throw failure.reason === 'conflict' ? timedOut(retryForMs, failure) : failure
        }
        await wait(waitMs, ended)
      }
    }
  } catch (error) {
    throw deadline.signal.aborted && !signal?.aborted ? timedOut(timeoutMs, lastFailure ?? error) : error
  } finally {
    clearTimeout(timer)
  }
}

function timedOut(ms: number, cause: unknown): CallTimedOut {
  const last = cause instanceof RuntimeFailure ? `The last answer was: ${cause.message}` : 'There was no answer at all.'
  return new CallTimedOut(`Could not reach the agent: it was not ready within ${ms} ms. ${last}`, { cause })
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
