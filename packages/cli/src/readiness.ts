/** Whether this process should get requests. */
export interface Readiness {
  /** @returns why not, or `undefined` when it is ready. Never rejects. */
  whyNot(): Promise<string | undefined>
  /** From now on it is not: it is about to end. */
  drain(): void
}

/** How long a proof holds, in milliseconds: credentials that were good are good for a while. */
const provenMs = 300_000
/** Several probes may ask: a failure is repeated to them for so long before the platform is asked again. */
const failedMs = 2_000
/** Probes give up after a second or a few. */
const checkMs = 5_000

/**
 * Proves credentials and ARN by `check`, and remembers it: a probe every second must not become a call every second.
 *
 * @param check Absent where nothing can be proven: then it is ready as soon as it listens.
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
