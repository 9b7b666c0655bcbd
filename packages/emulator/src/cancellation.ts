import type { Clock } from './clock.ts'

/** Whether something is still wanted: an `AbortSignal` that costs next to nothing until one is asked for. */
export interface Cancellation {
  /** The same as a signal. */
  readonly signal: AbortSignal
  readonly isCancelled: boolean
  /** Why it was cancelled. */
  readonly reason: unknown
  /** Runs `run` once when it is cancelled, at once when it was. */
  onCancel(run: () => void): void
  /** Undoes `onCancel`. */
  offCancel(run: () => void): void
}

/**
 * A cancellation, and the means to cancel.
 *
 * @note A class, and not an `AbortController` for each: a simulated day makes a million of them, and would spend most of
 * its time on theirs.
 */
export class Cancellable implements Cancellation {
  isCancelled = false
  #reason: unknown
  #controller: AbortController | undefined
  #listeners: Array<() => void> | undefined

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.isCancelled) this.#controller.abort(this.reason)
    }
    return this.#controller.signal
  }

  /** An error is made for whoever looks. */
  get reason(): unknown {
    if (this.isCancelled) this.#reason ??= new DOMException('This operation was aborted', 'AbortError')
    return this.#reason
  }

  onCancel(run: () => void): void {
    if (this.isCancelled) {
      run()
    } else {
      this.#listeners ??= []
      this.#listeners.push(run)
    }
  }

  offCancel(run: () => void): void {
    const index = this.#listeners?.indexOf(run) ?? -1
    if (index >= 0) this.#listeners?.splice(index, 1)
  }

  /** Only the first reason counts. @param reason as of an `AbortController` */
  cancel(reason?: unknown): void {
    if (this.isCancelled) return
    this.isCancelled = true
    this.#reason = reason
    this.#controller?.abort(this.reason)
    const listeners = this.#listeners ?? []
    this.#listeners = undefined
    for (const run of listeners) run()
  }
}

/** @returns what `promise` gives, unless it is cancelled first: then it rejects with the reason. */
export function unlessCancelled<Value>(promise: Promise<Value>, cancellation: Cancellation): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(cancellation.reason)
    cancellation.onCancel(cancel)
    promise.then(
      value => {
        cancellation.offCancel(cancel)
        resolve(value)
      },
      error => {
        cancellation.offCancel(cancel)
        reject(error)
      },
    )
  })
}

/** Waits on `clock`; rejects with the reason of `cancellation`. Nothing is waited when `ms` is 0. */
export function wait(clock: Clock, ms: number, cancellation: Cancellation): Promise<void> {
  if (cancellation.isCancelled) return Promise.reject(cancellation.reason)
  if (ms === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const cancel = () => {
      clock.clearTimeout(timer)
      reject(cancellation.reason)
    }
    const timer = clock.setTimeout(() => {
      cancellation.offCancel(cancel)
      resolve()
    }, ms)
    cancellation.onCancel(cancel)
  })
}
