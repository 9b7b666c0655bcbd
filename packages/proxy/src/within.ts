/**
 * @returns what `promise` resolves to.
 * @throws Error when that takes longer than `ms`, or what the promise rejected with.
 */
export function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Could not ${what}: no answer within ${ms} ms.`)), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
