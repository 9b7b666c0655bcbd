import { defaultNewSessionsPerSecond } from '../new-session-rate.ts'
import { startedForPool } from './costs.ts'
import type { Demand } from './demand.ts'
import { PlanError } from './plan-error.ts'
import { amount, duration } from './words.ts'

/** One quota: what is needed of it, and what that leaves. */
export interface Headroom {
  quota: 'newSessionsPerSecond' | 'activeSessions' | 'callsPerSecond'
  needed: number
  allowed: number
  /** The share of the quota that is left, from 0 to 1. */
  left: number
  reason: string
  formula: string
}

/** The beat of a held session: 60 % of the idle timeout. */
export function beatMsOf({ idleTimeoutMs }: Demand): number {
  return 0.6 * idleTimeoutMs
}

/** A share of a rate that is to be left: with less, chance alone goes over it now and then. */
export const roomWanted = 0.2

/**
 * The `newSessionsPerSecond` that a pool needs to miss no more than its size promises: the default, or more so that there is room
 * beside what is claimed and what retires unused; and never more than the quota leaves.
 */
export function refillRateOf(demand: Demand, poolSize: number): number {
  const { quotas, otherSessionsPerSecond } = demand
  const needed = Math.ceil(startedForPool(demand, poolSize) / (1 - roomWanted))
  // 25 − 19.9 is 5.100000000000001: people copy it.
  const most = Math.floor((quotas.newSessionsPerSecond - otherSessionsPerSecond) * 1_000 + 1e-6) / 1_000
  return Math.min(most, Math.max(defaultNewSessionsPerSecond, needed))
}

/**
 * What is needed of each quota.
 *
 * @param startedPerSecond new sessions that are started for this demand, used or not
 * @param held sessions that are held for no conversation
 */
export function headroomOf(demand: Demand, startedPerSecond: number, held: number): Headroom[] {
  const { quotas, ratePerSecond, otherSessionsPerSecond, conversationMs, parkMs, messagesPerConversation } = demand
  const inUse = (ratePerSecond * (conversationMs + parkMs)) / 1000
  const beatMs = beatMsOf(demand)
  const started = startedPerSecond + otherSessionsPerSecond
  const active = held + inUse
  // A conversation is a warm-up, its messages and a stop; a session that is never used is a warm-up and a stop.
  const calls = ratePerSecond * messagesPerConversation + 2 * startedPerSecond + (held * 1000) / beatMs
  const row = (quota: Headroom['quota'], needed: number, reason: string, formula: string): Headroom => ({
    quota,
    needed,
    allowed: quotas[quota],
    left: Math.max(0, 1 - needed / quotas[quota]),
    reason,
    formula,
  })
  return [
    row(
      'newSessionsPerSecond',
      started,
      'Every first message uses up a session, so a new one must start for each, beside what other traffic starts.',
      `${amount(startedPerSecond)} + ${amount(otherSessionsPerSecond)} of other traffic = ${amount(started)} per second`,
    ),
    row(
      'activeSessions',
      active,
      `Held sessions count, and so do conversations until they are stopped ${duration(parkMs)} after their page left.`,
      `${amount(held)} held + ${amount(ratePerSecond)}/s × (${duration(conversationMs)} + ${duration(parkMs)}) = ${amount(Math.ceil(active))}`,
    ),
    row(
      'callsPerSecond',
      calls,
      'Warm-ups, messages, stops and beats share it.',
      `${amount(ratePerSecond)}/s × ${amount(messagesPerConversation)} messages + ${amount(startedPerSecond)}/s × 2 + ${amount(held)} / ${duration(beatMs)} = ${amount(calls)} per second`,
    ),
  ]
}

/** @throws PlanError when a quota cannot bear the plan: sessions that are taken would not come back. */
export function refuseWhatCannotRefill(demand: Demand, headroom: readonly Headroom[]): void {
  for (const { quota, needed, allowed, formula } of headroom) {
    if (quota === 'newSessionsPerSecond' ? needed < allowed : needed <= allowed) continue
    if (quota === 'activeSessions' && demand.isConversationAssumed) continue
    const why: Record<Headroom['quota'], string> = {
      newSessionsPerSecond: `${amount(needed)} new sessions per second are needed, and the quota of ${amount(allowed)} leaves nothing to refill with, so the pool would run empty and stay empty`,
      activeSessions: `${amount(Math.ceil(needed))} sessions would be active, and the quota is ${amount(allowed)} in ${demand.region} (${formula}), so new ones would be refused with 402`,
      callsPerSecond: `${amount(Math.ceil(needed))} calls per second are needed, and the quota is ${amount(allowed)} (${formula})`,
    }
    const least = quota === 'newSessionsPerSecond' ? needed / (1 - roomWanted) : needed
    throw new PlanError(
      'cannot_refill',
      `Could not plan for ${amount(demand.ratePerSecond)} first messages per second: ${why[quota]}. Ask AWS for a quota of ` +
        `${amount(Math.ceil(least))} or more, spread over regions or accounts, or give the quota that you have.`,
    )
  }
}
