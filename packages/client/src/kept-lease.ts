import { type Held, parkMs } from './held.ts'
import { type Hold, never } from './state.ts'

/** What a page leaves for the next one, and the tab that holds the spare for the others: a ticket, and what is known of its session. */
export interface KeptLease extends Hold {
  id: string
  ticket: string
  /** When its page was left: the proxy stops it `parkMs` later. */
  leftAtMs?: number | undefined
}

/**
 * How much later than its page was left a session is asked after: a beat that overtook the notice would be undone by it. A page
 * that is going away has given its locks back by then.
 */
export const askAfterLeaveMs = 250

/**
 * @param hasLocks Whether it can be told that its page is gone although that never said that it left.
 * @returns the session to take up, unless the clock says that it is over. Its `holdMs` counts from now.
 */
export function readKept(
  storage: Pick<Storage, 'getItem'> | undefined,
  key: string,
  hasLocks: boolean,
  nowMs: number,
): (KeptLease & Held) | undefined {
  try {
    const kept = JSON.parse(storage?.getItem(key) as string) as KeptLease
    const { lease, touchedAtMs, leftAtMs } = kept
    // JSON knows no infinity: of a conversation that no beat has told, the end is not known.
    lease.holdMs = (lease.holdMs ?? never) + lease.atMs - nowMs
    const parkedAtMs = leftAtMs ?? (hasLocks ? never : 0)
    const leftMs = Math.min(parkedAtMs + parkMs - nowMs, touchedAtMs + lease.ttlMs - nowMs, lease.holdMs)
    return leftMs > 0 ? { ...kept, retryAtMs: Math.min(leftAtMs ?? nowMs, nowMs) + askAfterLeaveMs } : undefined
  } catch {
    // There is none, or somebody else wrote it.
  }
}
