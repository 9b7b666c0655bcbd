import { afterEach, beforeEach, vi } from 'vitest'

/** Fakes the time in every test of a file. */
export function fakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

/** Lets the faked time pass in small steps, and real work go on between them, until `promise` has settled. */
export async function during<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  while (!isSettled) {
    await vi.advanceTimersByTimeAsync(50)
    // Behind whatever WebCrypto has to do, however busy the machine is.
    await crypto.subtle.digest('SHA-256', new Uint8Array())
  }
  return promise
}
