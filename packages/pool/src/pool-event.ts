import { tellListener } from '@warm-agent/proxy/runtime-kit'
import type { AlarmName } from './pool-alarms.ts'
import type { PoolClock } from './pool-clock.ts'
import type { RetireReason } from './pool-plan.ts'

/**
 * Why a claim gave nothing. `empty`: none was ready; `dead`: those that were tried had ended; `store`: it did not answer in
 * time; `closed`: the pool was not started, or is closed.
 */
export type MissCause = 'empty' | 'dead' | 'store' | 'closed'

/** What every event about a session tells. */
export interface PoolSessionDetails {
  qualifier: string
  /** The first characters of the session id: enough to find it in a log, not enough to use it. */
  sessionTag: string
}

/** What happened, without when and where. */
export type PoolNews =
  | ({
      type: 'session-claimed'
      ageMs: number
      idleMs: number
      wasValidated: boolean
      tookMs: number
    } & PoolSessionDetails)
  | { type: 'claim-missed'; cause: MissCause; tookMs: number; error?: unknown }
  | ({ type: 'warm-up-started'; isAdopted: boolean } & PoolSessionDetails)
  | ({ type: 'warm-up-succeeded'; tookMs: number; evidence: 'observed' | 'assumed' } & PoolSessionDetails)
  | ({ type: 'warm-up-failed'; cause: unknown } & PoolSessionDetails)
  /** It was ready when nobody had a place for it any more, and is stopped. */
  | ({ type: 'warm-up-wasted'; tookMs: number } & PoolSessionDetails)
  | ({ type: 'beat-succeeded' } & PoolSessionDetails)
  | ({ type: 'beat-missed'; missedBeats: number; cause: unknown } & PoolSessionDetails)
  /** It was found dead or replaced on the way to a taker. */
  | ({ type: 'session-dropped'; cause: unknown } & PoolSessionDetails)
  /** It was ended without ever having been used. */
  | ({ type: 'session-retired'; reason: RetireReason; ageMs: number } & PoolSessionDetails)
  | ({ type: 'stop-failed'; cause: unknown } & PoolSessionDetails)
  /** No warm-up begins for `pauseMs`. */
  | { type: 'breaker-opened'; failures: number; pauseMs: number; cause: unknown }
  | { type: 'breaker-closed' }
  /** This member fills and tends the pool from now on. */
  | { type: 'tending-started' }
  | { type: 'tending-ended' }
  /**
   * What the pool held since its tender last told, all its sessions added up, and how many other members live, as far as the
   * store can tell. Told at the first look, then ever more rarely, in the end once a minute.
   */
  | { type: 'sessions-held'; heldMs: number; others: number | undefined }
  | { type: 'store-failed'; during: string; cause: unknown }
  | { type: 'canary-answered'; isWarm: boolean; tookMs: number; cause?: unknown }
  | { type: 'alarm-raised'; alarm: AlarmName; message: string }
  | { type: 'alarm-cleared'; alarm: AlarmName }

/** An event of a pool. It carries no whole session id and no secret; a cause may quote the platform. */
export type PoolEvent = PoolNews & {
  /** When, in milliseconds of the pool's clock. */
  atMs: number
}

/** @returns a function that keeps the books and tells the listener. A listener that throws harms nobody but itself. */
export function createEmit(
  onEvent: ((event: PoolEvent) => void) | undefined,
  clock: PoolClock,
  note: (news: PoolNews, atMs: number) => void,
): (news: PoolNews) => void {
  return news => {
    const atMs = clock.now()
    note(news, atMs)
    if (onEvent) void tellListener('onEvent', () => onEvent({ ...news, atMs }))
  }
}
