import { erlangB, smallestSize } from '../target/erlang-b.ts'
import { type Cost, costOf, costOfPool, startedForPool, visitorsPerSecond } from './costs.ts'
import type { Demand } from './demand.ts'
import { headroomOf } from './headroom.ts'
import { assumedLead, assumedMeanMs, holdOfSenders } from './lead.ts'
import type { PoolAdvice } from './pool-advice.ts'
import { amount, duration, percent } from './words.ts'

/** A way to have sessions warm; from the simplest to the one that takes most. */
export type RungName = 'ping on open' | 'intent' | 'endpoints' | 'pool'

export interface Rung extends Cost {
  rung: RungName
  /** Whether it hides the cold start under this demand, within the quotas. */
  isEnough: boolean
  reason: string
  formula: string
  /** New sessions per second that it starts. */
  startedPerSecond: number
  /** Sessions that it holds on average for no conversation. */
  heldSessions: number
}

/** Instances that the platform keeps ready per endpoint of a V1 container, and the time after which test authors find them replaced (blait/AgentCoreWarmPool, September 2026). */
const readyPerEndpoint = 10
const readyAgainMs = 150_000

/** Of one sender in twenty it is told that the session is gone when the message comes. */
const lateShareTold = 0.05

/** Nineteen of twenty visitors have gone by then, if stays are exponential: ln 20 times the mean. */
export function holdMsOf({ visitMs }: Demand): number {
  return Math.min(900_000, Math.max(60_000, Math.round((visitMs * Math.log(20)) / 1000) * 1000))
}

/** Every rung of the ladder, judged. */
export function judgeRungs(demand: Demand, advice: PoolAdvice): Rung[] {
  return [pingOnOpen(demand), intent(demand), endpoints(demand), pool(demand, advice)]
}

function pingOnOpen(demand: Demand): Rung {
  const { leadMs, meanLeadMs } = demand
  const visitors = visitorsPerSecond(demand)
  return warmedForItsUser(demand, 'ping on open', 'the page opened', visitors, { leadMs, meanMs: meanLeadMs })
}

function intent(demand: Demand): Rung {
  const { ratePerSecond, intentSendRate, intentLeadMs: leadMs, meanIntentLeadMs: meanMs } = demand
  const writers = Math.min(visitorsPerSecond(demand), ratePerSecond / intentSendRate)
  return warmedForItsUser(demand, 'intent', 'the user began to write', writers, { leadMs, meanMs })
}

function warmedForItsUser(
  demand: Demand,
  rung: RungName,
  moment: string,
  started: number,
  { leadMs, meanMs }: { leadMs: number; meanMs: number },
): Rung {
  const { ratePerSecond, replenishmentMs, visitMs, parkMs } = demand
  const unused = started - ratePerSecond
  const holdMs = holdMsOf(demand)
  const unusedMs = Math.min(visitMs, holdMs) + parkMs
  const { heldMs: usedMs, lateShare } = holdOfSenders(leadMs, meanMs, holdMs)
  const hasLate = lateShare >= lateShareTold
  const held = (unused * unusedMs + ratePerSecond * usedMs) / 1000
  const until = hasLate ? `until they send, at most ${duration(holdMs)}` : 'until they send'
  const why = meanMs === assumedMeanMs(leadMs) ? ` (${assumedLead})` : ''
  const formula =
    `${amount(started)}/s started, ${amount(unused)}/s of them never used × ${duration(unusedMs)} + ` +
    `${amount(ratePerSecond)}/s × ${duration(usedMs)} ${until}${why} = ${amount(held)} held`
  const rest = { rung, formula, startedPerSecond: started, heldSessions: held, ...costOf(demand, held, unused) }
  if (!demand.hasPage) return { ...rest, isEnough: false, reason: 'No page is open before the message comes.' }
  const short = headroomOf(demand, started, held).find(({ needed, allowed }) => needed >= allowed)
  if (short) {
    const reason = `It needs ${amount(Math.ceil(short.needed))} of a quota (${short.quota}) of ${amount(short.allowed)}.`
    return { ...rest, isEnough: false, reason }
  }
  const isEnough = replenishmentMs <= leadMs
  const reason = isEnough
    ? `The session is warm after ${duration(replenishmentMs)}; nineteen of twenty messages come later than ${duration(leadMs)} after ${moment}, and the others join.`
    : `The session is warm after ${duration(replenishmentMs)}, but messages come from ${duration(leadMs)} after ${moment} on: those join, and wait for up to ${duration(replenishmentMs - leadMs)}.`
  const late = ` The ${percent(lateShare)} of senders who write after its hold of ${duration(holdMs)} find it stopped.`
  return { ...rest, isEnough, reason: hasLate ? reason + late : reason }
}

function endpoints(demand: Demand): Rung {
  const { platform, ratePerSecond, missRate, quotas } = demand
  const rest = { rung: 'endpoints' as const, startedPerSecond: ratePerSecond, heldSessions: 0, ...costOf(demand, 0) }
  if (platform !== 'v1-container') {
    const reason = `Only V1 containers have instances that the platform keeps ready; on ${platform} a second endpoint adds no warmth.`
    return { ...rest, isEnough: false, reason, formula: 'no instances kept ready' }
  }
  const needed = endpointsFor(demand)
  const load = (ratePerSecond * readyAgainMs) / 1000
  const loss = erlangB(Math.min(needed, quotas.endpoints) * readyPerEndpoint, load)
  const isEnough = needed <= quotas.endpoints
  const reason = isEnough
    ? `${needed} endpoints keep ${needed * readyPerEndpoint} instances ready, at no charge; a start from one takes about 0.4 s.`
    : `${quotas.endpoints} endpoints are allowed: their ${quotas.endpoints * readyPerEndpoint} ready instances absorb a burst, but are replaced too slowly for sustained traffic, and ${percent(loss)} would start cold.`
  const formula = `Erlang-B(${readyPerEndpoint} × ${Math.min(needed, quotas.endpoints)}, ${amount(ratePerSecond)}/s × ${duration(readyAgainMs)}) = ${percent(loss)}, wanted ${percent(missRate)}`
  return { ...rest, isEnough, reason, formula }
}

/** How many endpoints have enough ready instances. */
export function endpointsFor({ ratePerSecond, missRate }: Demand): number {
  return Math.ceil(smallestSize((ratePerSecond * readyAgainMs) / 1000, missRate) / readyPerEndpoint)
}

function pool(demand: Demand, { size, load }: PoolAdvice): Rung {
  const { ratePerSecond, replenishmentMs, quotas } = demand
  const loss = erlangB(size, load)
  // Those that are being warmed count too.
  const isEnough = size <= quotas.activeSessions
  return {
    rung: 'pool',
    isEnough,
    reason: isEnough
      ? `${size} sessions are warm whoever comes: ${percent(loss)} of messages find none. One size serves all, so it costs the less per visitor the more come.`
      : `It needs ${amount(size)} of a quota (activeSessions) of ${amount(quotas.activeSessions)}, before a single conversation.`,
    formula: `Erlang-B(${size}, ${amount(ratePerSecond)}/s × ${duration(replenishmentMs)}) = ${percent(loss)}`,
    startedPerSecond: startedForPool(demand, size),
    heldSessions: size,
    ...costOfPool(demand, size),
  }
}
