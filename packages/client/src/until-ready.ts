import type { Environment } from './environment.ts'
import { type Hand, isWarming } from './hand.ts'
import type { Held } from './held.ts'
import type { Sharing } from './sharing.ts'

/** How long a message waits for the lease of a warm-up in flight before it goes cold. */
const leaseWaitMs = 15_000

/**
 * Waits for the session that a message goes on, and makes it this page's own. Rejects with the reason of `signal`, once that
 * is aborted.
 * @returns what is in hand then; nothing's if it was closed meanwhile, or if a page that is left may not have it alone.
 */
export async function untilReady(
  hand: Hand,
  environment: Environment,
  sharing: Sharing,
  signal: AbortSignal | null | undefined,
  timeoutMs = leaseWaitMs,
): Promise<Held> {
  const { conversation } = hand
  signal?.throwIfAborted()
  // A page that is going away cannot wait, not even for a lock.
  if (hand.isLeft) return hand.held.isOwn ? hand.held : {}
  let stopTimer: (() => void) | undefined
  const patience = new Promise<void>(resolve => {
    stopTimer = environment.after(timeoutMs, resolve)
  })
  hand.waiting++
  try {
    await orAborted(Promise.race([patience, untilLeased(hand, sharing)]), signal)
    const wasLeft = await sharing.claim()
    signal?.throwIfAborted()
    return wasLeft || conversation !== hand.conversation ? {} : hand.held
  } finally {
    stopTimer?.()
    hand.waiting--
  }
}

/** @returns `promise`; it rejects with the reason of `signal` when that is aborted before. */
export function orAborted<Result>(promise: Promise<Result>, signal: AbortSignal | null | undefined): Promise<Result> {
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
  return Promise.race([promise, aborted])
}

/** Waits until it is known what there is, and for the lease of a warm-up in flight. */
async function untilLeased(hand: Hand, sharing: Sharing) {
  await sharing.known()
  if (!isWarming(hand) || hand.held.ticket) return
  await new Promise<void>(resolve => {
    // Whatever changes now, it is the lease, or the end of its hope.
    const unsubscribe = hand.store.subscribe(() => {
      unsubscribe()
      resolve()
    })
  })
}
