/** Something that did not answer in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/**
 * @returns what `promise` resolves to.
 * @throws NoAnswer when that takes longer than `ms`, or what the promise rejected with.
 */
export function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new NoAnswer(`Could not ${what}: no answer within ${ms} ms. Check what it waits for.`)),
      ms,
    )
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** The application's own functions have this long to answer, in milliseconds. */
const applicationMs = 10_000

/** @throws NoAnswer when a function of the application takes longer than 10 s, or what it rejected with. */
export function answerOf<T>(what: string, answer: T | Promise<T>): T | Promise<T> {
  return answer instanceof Promise ? within(applicationMs, what, answer) : answer
}
