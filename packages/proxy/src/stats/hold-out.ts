import type { Authorize } from '../callers.ts'
import { canTakeLean, takesLean, wholeRequest } from '../lean-request.ts'
import { refuseUnknown } from '../refuse-unknown.ts'
import { sha256 } from '../sha256.ts'

export interface HoldOutOptions {
  /** The share of callers who are not warmed, from 0 to 1. 0.05 is enough for most sites. */
  share: number
  /** A different seed holds different callers out. @default '' */
  seed?: string
}

/**
 * Keeps a share of the callers from being warmed, for a fair comparison. A caller is always held out or never, on every page
 * and device. Their warm-ups are refused like those over a limit, with the header `Warm-Agent-Held-Out` to tell the two apart.
 * Their first messages go cold, even where there is a pool; messages are never refused.
 *
 * @example
 * createWarmProxy({ authorize: withHoldOut(authorize, { share: 0.05 }), onEvent: stats.onEvent, … })
 * @throws Error when the share is not one, or an option is unknown.
 */
export function withHoldOut(authorize: Authorize, { share, seed = '', ...unknown }: HoldOutOptions): Authorize {
  refuseUnknown(unknown, 'hold callers out', 'See HoldOutOptions.')
  if (!(share >= 0 && share <= 1)) {
    throw new Error(`Could not hold callers out: share is ${share}. Give a number from 0 to 1.`)
  }
  return takesLean(async request => {
    const caller = await authorize(canTakeLean(authorize) ? request : wholeRequest(request))
    if (!caller || caller instanceof Response || (await placeOf(seed + caller.callerId)) >= share) return caller
    return { ...caller, isHeldOut: true }
  })
}

/** Where a text falls between 0 and 1, evenly. */
async function placeOf(text: string): Promise<number> {
  const { buffer } = await sha256(text)
  return new DataView(buffer).getUint32(0) / 2 ** 32
}
