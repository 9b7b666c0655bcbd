import { RuntimeFailure } from '@warm-agent/proxy'

/** Whoever gives what a call is to be known by has this long to answer, in milliseconds. */
const answerMs = 10_000

/**
 * @param what What is waited for: nothing is sent before it has come.
 * @throws RuntimeFailure `refused` when it takes longer than 10 s, or what the promise rejected with.
 */
export async function inTime<T>(what: string, promise: T | Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<never>((_, reject) => {
    const said = `Could not call the runtime: ${what} did not come within ${answerMs} ms. See what their source waits for.`
    timer = setTimeout(() => reject(new RuntimeFailure('refused', said, { mayHaveRun: false })), answerMs)
  })
  try {
    return await Promise.race([promise, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
