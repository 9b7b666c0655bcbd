import { RuntimeFailure } from '@warm-agent/proxy'
import { NoAnswer, within } from '@warm-agent/proxy/runtime-kit'

/** A source of credentials or tokens has this long to answer, in milliseconds. */
const answerMs = 10_000

/**
 * @param what What is waited for: nothing is sent before it has come.
 * @throws RuntimeFailure `refused` when it takes longer than 10 s, or what the promise rejected with.
 */
export function inTime<T>(what: string, promise: T | Promise<T>): Promise<T> {
  return within(answerMs, `get ${what}`, Promise.resolve(promise)).catch(cause => {
    if (!(cause instanceof NoAnswer)) throw cause
    const said = `Could not call the runtime: ${what} did not come within ${answerMs} ms. See what their source waits for.`
    throw new RuntimeFailure('refused', said, { mayHaveRun: false })
  })
}
