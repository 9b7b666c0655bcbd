import { dollarsOf, echoFootprintGb, prices, quotasOf } from '@warm-agent/protocol/prices'
import * as z from 'zod'
import type { LimitStore } from './limit-store.ts'

/**
 * How much warmth there may be. Over a limit a warm-up is refused with 429, and the chat goes cold; a message is counted
 * where it needs what warm-ups need, and never refused for that. `Infinity` lifts a limit; 0 allows no warm-up at all.
 */
export interface WarmLimits {
  /** Sessions of one caller that live at the same time, those with a conversation included. @default 20 */
  liveSessionsPerCaller: number
  /** Warm-ups that one caller may ask for in a minute. @default 30 */
  warmUpsPerCallerPerMinute: number
  /**
   * Warm-ups of all callers in a second. New sessions that messages start come off it first.
   * @default 20: 80 % of AgentCore's quota for new sessions, 25 per second, account and region (September 2026)
   */
  warmUpsPerSecond: number
  /** Warm-ups of all callers in flight at the same time. @default 250 */
  warmUpsAtOnce: number
  /**
   * Calls to the platform in a second beyond which warm-ups and beats wait. Messages and stops come off it first.
   * @default 800: 80 % of AgentCore's quota, 1,000 per second, account and region (September 2026)
   */
  callsPerSecond: number
  /** What sessions that no message has come for may cost in a day of UTC, in US dollars. @default 50 */
  unsentDollarsPerDay: number
  /**
   * What it costs to hold one such session for an hour, in US dollars: the memory of your agent times its price.
   * @default 0.02028: 1.2 GB on platform version 2, prices of September 2026
   */
  unsentDollarsPerHour: number
  /** Where the limits count. For a fleet, `redisLimits` of `@warm-agent/proxy/limits-redis`. @default this process's memory */
  store?: LimitStore | undefined
}

/** The name of a limit of {@link WarmLimits}. */
export type LimitName = Exclude<keyof WarmLimits, 'store' | 'unsentDollarsPerHour'>

/** The share of a quota that warmth may have. */
const warmShare = 0.8
const hourMs = 3_600_000
const { newSessionsPerSecond, callsPerSecond } = quotasOf('us-east-1')

export const limit = (value: number, least = 0) =>
  z
    .custom<number>(
      given => typeof given === 'number' && given >= least,
      `expected a number from ${least} on, or Infinity`,
    )
    .default(value)

export const warmLimitsShape = {
  liveSessionsPerCaller: limit(20),
  warmUpsPerCallerPerMinute: limit(30),
  warmUpsPerSecond: limit(newSessionsPerSecond * warmShare),
  warmUpsAtOnce: limit(250),
  callsPerSecond: limit(callsPerSecond * warmShare),
  unsentDollarsPerDay: limit(50),
  unsentDollarsPerHour: limit(dollarsOf({ heldMs: hourMs, gb: echoFootprintGb.v2 }, prices.v2)),
  store: z
    .custom<LimitStore>(
      store => typeof (store as LimitStore | undefined)?.hold === 'function',
      'expected a LimitStore, for example redisLimits({ client })',
    )
    .optional(),
}
