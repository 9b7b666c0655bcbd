import { type FailureReason, RuntimeFailure } from '../agent-runtime.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { type CallPurpose, retryWaitMs } from './retry.ts'

export interface CallOptions {
  purpose: CallPurpose
  /** No further attempt begins after this long, in milliseconds. */
  retryForMs: number
  /** All attempts and waits together take at most this long, in milliseconds. @default `retryForMs` */
  timeoutMs?: number
  /** The caller's own end of interest. */
  signal?: AbortSignal | undefined
  /** Hears of every attempt that failed. */
  onFailed?: (failure: RuntimeFailure) => void
  /** Looks, after a wait, at what may have changed meanwhile. What it throws ends the call. */
  beforeRetry?: () => Promise<void>
}

/** For a call whose result holds something that must be given up. */
export interface DisposingCallOptions<T> extends CallOptions {
  /** Gives up a result that came when nobody waited for it any more: an unread body holds a socket. */
  disposeLate?: (value: T) => void
}

/** A call that did not succeed before its deadline. Its cause is the last failure that was seen. */
export class CallTimedOut extends Error {
  override readonly name = 'CallTimedOut'
  /** A call was in flight: the agent may have seen it. */
  mayHaveRun = false
}

/**
 * Makes `attempt` until it succeeds, must not be made again, or the time is over.
 *
 * @returns the value, and whether a 409 was met on the way: then the session was just being provisioned or torn down.
 * @throws RuntimeFailure the last failure; CallTimedOut; or the reason of `signal`.
 */
export async function callRuntime<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  { purpose, retryForMs, timeoutMs = retryForMs, signal, onFailed, beforeRetry, disposeLate }: DisposingCallOptions<T>,
): Promise<{ value: T; sawConflict: boolean }> {
  const retryUntil = Date.now() + retryForMs
  // Not AbortSignal.any: it takes a tenth of a millisecond, as much as everything else here.
  const ending = new AbortController()
  const ended = ending.signal
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    ending.abort()
  }, timeoutMs)
  const leave = () => ending.abort(signal?.reason)
  if (signal?.aborted) leave()
  else signal?.addEventListener('abort', leave, { once: true })
  let isAnswering = false
  let isInFlight = false
  let lastFailure: RuntimeFailure | undefined
  let sawConflict = false
  // Counted for each reason: the many 409 of a start that was waited for must not use up the attempts of another reason.
  const attempts = new Map<FailureReason, number>()
  try {
    for (;;) {
      ended.throwIfAborted()
      isInFlight = true
      try {
        // An attempt that ignores its signal, perhaps while it waits for a token, keeps nobody waiting.
        const value = await unlessAborted(attempt(ended), ended, disposeLate)
        isAnswering = purpose === 'message'
        return { value, sawConflict }
      } catch (failure) {
        if (ended.aborted || !(failure instanceof RuntimeFailure)) throw failure
        isInFlight = false
        lastFailure = failure
        onFailed?.(failure)
        sawConflict ||= failure.reason === 'conflict'
        attempts.set(failure.reason, (attempts.get(failure.reason) ?? 0) + 1)
        const waitMs = retryWaitMs(failure, purpose, attempts.get(failure.reason) ?? 1, Math.random())
        if (waitMs === undefined) throw failure
        if (Date.now() + waitMs >= retryUntil) {
          throw failure.reason === 'conflict' ? timedOut(retryForMs, failure) : failure
        }
        await wait(waitMs, ended)
        if (beforeRetry) await unlessAborted(beforeRetry(), ended)
      }
    }
  } catch (error) {
    if (!isLate) throw error
    throw Object.assign(timedOut(timeoutMs, lastFailure ?? error), { mayHaveRun: isInFlight })
  } finally {
    clearTimeout(timer)
    // While an answer is read, leaving still ends it.
    if (!isAnswering) signal?.removeEventListener('abort', leave)
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
