/** Whether this process should get requests. */
export interface Readiness {
  /** @returns why not, or `undefined` when it is ready. Never rejects. */
  whyNot(): Promise<string | undefined>
  /** The process is about to end: it is not ready from now on. */
  drain(): void
}

/** How long a success is believed, in milliseconds. */
const provenMs = 300_000
/** How long a failure is repeated to further probes before the platform is asked again, in milliseconds. */
const failedMs = 2_000
/** How long one check may take, in milliseconds. Probes themselves give up after a few seconds. */
const checkMs = 5_000

/**
 * Proves credentials and ARN with `check`, and remembers the result: a probe every second must not become a call every second.
 *
 * @param check Absent where nothing can be checked: then the process is ready as soon as it listens.
 */
export function createReadiness(
  check: ((signal: AbortSignal) => Promise<void>) | undefined,
  now: () => number = Date.now,
): Readiness {
  let isDraining = false
  let asking: Promise<string | undefined> | undefined
  let askAgainAt = 0

  async function ask(): Promise<string | undefined> {
    try {
      await check?.(AbortSignal.timeout(checkMs))
      askAgainAt = now() + provenMs
      return undefined
    } catch (error) {
      askAgainAt = now() + failedMs
      return `the platform refused: ${error instanceof Error && 'reason' in error ? error.reason : 'no answer'}`
    }
  }

  return {
    whyNot() {
      if (isDraining) return Promise.resolve('draining')
      if (!asking || now() >= askAgainAt) {
        askAgainAt = Number.POSITIVE_INFINITY
        asking = ask()
      }
      return asking
    },
    drain() {
      isDraining = true
    },
  }
}
