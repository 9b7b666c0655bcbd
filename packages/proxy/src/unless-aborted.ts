/**
 * Waits for a promise, but no longer than until `signal` is aborted. The promise itself is not disturbed: others may wait
 * for it too, or it may not heed any signal.
 *
 * @param disposeLate Gives up a value that came when nobody waited for it any more.
 * @throws the reason of `signal`, or what the promise rejected with.
 */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  disposeLate?: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise
      .then(value => (signal.aborted ? disposeLate?.(value) : resolve(value)), reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}
