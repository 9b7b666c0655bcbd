import { bootVcpuSeconds, leastBilledGb, type Platform } from '@warm-agent/protocol/prices'
import { defaultNewSessionsPerSecond } from '../new-session-rate.ts'
import { erlangB } from '../target/erlang-b.ts'
import { startedForPool, visitorsPerSecond } from './costs.ts'
import type { Demand } from './demand.ts'
import { beatMsOf, refillRateOf, roomWanted } from './headroom.ts'
import { endpointsFor, holdMsOf, type Rung, type RungName } from './ladder.ts'
import type { PoolAdvice } from './pool-advice.ts'
import { amount, dollars, duration, percent } from './words.ts'

/** One thing to do or to set, with its reason and the formula that it comes from. */
export interface Recommendation {
  what:
    | 'rung'
    | 'poolSize'
    | 'endpoints'
    | 'hold'
    | 'beat'
    | 'retire'
    | 'refill'
    | 'costPerMonth'
    | 'costPerThousandVisitors'
  /** A number in the unit that `unit` names, or the name of a rung. */
  value: number | RungName
  unit: 'sessions' | 'endpoints' | 'ms' | 'dollars' | 'sessions per second' | undefined
  /** The value for people. */
  text: string
  reason: string
  formula: string
}

/** What follows from the chosen rung, each with its reason and formula. */
export function recommend(demand: Demand, ladder: readonly Rung[], pool: PoolAdvice, chosen: Rung): Recommendation[] {
  return [
    toRung(chosen, ladder),
    toPoolSize(demand, pool, chosen),
    toEndpoints(demand, chosen),
    ...toTimes(demand, pool, chosen),
    toRefill(demand, pool),
    ...toCosts(demand, chosen),
  ]
}

function toRung(chosen: Rung, ladder: readonly Rung[]): Recommendation {
  const compared = ladder.map(
    ({ rung, isEnough, dollarsPerMonth }) => `${rung}: ${isEnough ? dollars(dollarsPerMonth) : 'not enough'}`,
  )
  return {
    what: 'rung',
    value: chosen.rung,
    unit: undefined,
    text: chosen.rung,
    reason: `${chosen.reason} It is the cheapest that is enough.`,
    formula: `the least per month of ${compared.join(', ')}`,
  }
}

function toPoolSize(demand: Demand, { size, load }: PoolAdvice, { rung }: Rung): Recommendation {
  const reason = `The smallest pool that is empty for no more than ${percent(demand.missRate)} of first messages.`
  return {
    what: 'poolSize',
    value: size,
    unit: 'sessions',
    text: `${size} sessions`,
    reason: rung === 'pool' ? reason : `${reason} Only if you choose a pool instead.`,
    formula: `smallest N with Erlang-B(N, ${amount(load)}) ≤ ${percent(demand.missRate)}`,
  }
}

const whyOneEndpoint: Readonly<Record<Exclude<Platform, 'v1-container'>, string>> = {
  v2: 'V2 restores a snapshot for each session and keeps no instances ready per endpoint, so more endpoints add no warmth.',
  'v1-code': 'Code deployments are provisioned on demand, so more endpoints add no warmth.',
}

function toEndpoints(demand: Demand, { rung }: Rung): Recommendation {
  const { platform, quotas, missRate } = demand
  const advice = (value: number, reason: string, formula: string): Recommendation => ({
    what: 'endpoints',
    value,
    unit: 'endpoints',
    text: `${value} ${value === 1 ? 'endpoint' : 'endpoints'}`,
    reason,
    formula,
  })
  if (platform !== 'v1-container') return advice(1, whyOneEndpoint[platform], 'always 1 there')
  const ready = 'Each endpoint of a V1 container has about ten instances ready, replaced within minutes'
  const formula = `smallest E with Erlang-B(10 × E, rate × 150 s) ≤ ${percent(missRate)}, at most ${quotas.endpoints}`
  return rung === 'endpoints'
    ? advice(endpointsFor(demand), `${ready}: so many are enough at this rate.`, formula)
    : advice(quotas.endpoints, `${ready}: they take bursts and what goes cold, not all of this traffic.`, formula)
}

function toTimes(demand: Demand, pool: PoolAdvice, { rung }: Rung): Recommendation[] {
  const { idleTimeoutMs, maxLifetimeMs, visitMs, ratePerSecond, replenishmentMs } = demand
  const time = (what: Recommendation['what'], value: number, reason: string, formula: string): Recommendation => ({
    what,
    value,
    unit: 'ms',
    text: duration(value),
    reason,
    formula,
  })
  // Each session goes round: it is made, waits, and is taken by a claim that does not find the pool empty.
  const takenPerSecond = ratePerSecond * (1 - erlangB(pool.size, pool.load))
  const waitMs = (pool.size / takenPerSecond) * 1000 - replenishmentMs
  const beat = time(
    'beat',
    beatMsOf(demand),
    rung === 'pool'
      ? `A session that is not touched idles out after ${duration(idleTimeoutMs)}. In this pool one waits ${duration(waitMs)} on average before it is claimed, so ${10 * waitMs < idleTimeoutMs ? 'beats matter in quiet hours only' : 'without beats it may have ended by then'}.`
      : `A session that is not touched idles out after ${duration(idleTimeoutMs)}; two beats fit before that even if one is late.`,
    '60 % of the idle timeout, shortened by up to 10 % at random',
  )
  const retire = time(
    'retire',
    maxLifetimeMs / 2,
    'Half of the longest life is left for the user who gets the session.',
    'maximum lifetime / 2, shortened by up to 2.5 % at random',
  )
  const hold = time(
    'hold',
    holdMsOf(demand),
    'By then nineteen of twenty visitors who send nothing have gone; the few who write later are warmed again.',
    `ln 20 × ${duration(visitMs)} of visit, from 1 to 15 min`,
  )
  if (rung === 'pool') return [toNoHold(demand, 'A message takes its session out of the pool itself'), beat, retire]
  if (rung === 'endpoints')
    return [toNoHold(demand, 'A message starts its session itself, from a ready instance'), beat]
  return [hold, beat]
}

/** Where sessions come when the message does, a page that holds one would only use up more of them. */
function toNoHold(demand: Demand, why: string): Recommendation {
  const { hasPage, ratePerSecond, sendRate } = demand
  const visitors = amount(visitorsPerSecond(demand))
  return {
    what: 'hold',
    value: 0,
    unit: 'ms',
    text: hasPage ? "none: warmOn 'manual'" : 'none',
    reason: hasPage
      ? `${why}, so that only those who send use one up. If pages held one from their opening on, every visitor would: ${visitors} per second instead of ${amount(ratePerSecond)}.`
      : `${why}: without a page nobody holds one before.`,
    formula: hasPage
      ? `${amount(ratePerSecond)}/s / ${percent(sendRate)} who send = ${visitors}/s`
      : 'always none without a page',
  }
}

function toRefill(demand: Demand, { size }: PoolAdvice): Recommendation {
  const { quotas, otherSessionsPerSecond, replenishmentMs } = demand
  const rate = refillRateOf(demand, size)
  const started = startedForPool(demand, size)
  const filling =
    rate > started
      ? `Filling an empty one of ${size} while traffic goes on (a start, a deploy, a burst) takes about ${duration((size / (rate - started)) * 1000 + replenishmentMs)}.`
      : `One of ${size} never fills: sessions retire faster.`
  return {
    what: 'refill',
    value: rate,
    unit: 'sessions per second',
    text: `newSessionsPerSecond: ${amount(rate)}${rate === defaultNewSessionsPerSecond ? ', the default' : ''}`,
    reason: `The pool begins no more than that, and filling it gives way to what starts because it is empty. ${filling}`,
    formula: `the larger of ${defaultNewSessionsPerSecond} and ${amount(started)}/s / ${percent(1 - roomWanted)}, at most ${amount(quotas.newSessionsPerSecond)} − ${amount(otherSessionsPerSecond)} of other traffic; ${size} / (${amount(rate)} − ${amount(started)}) + ${duration(replenishmentMs)}`,
  }
}

function toCosts(demand: Demand, chosen: Rung): Recommendation[] {
  const { footprintGb, prices, hoursPerDay, ratePerSecond, sendRate } = demand
  const visitors = visitorsPerSecond(demand)
  const { heldSessions, dollarsPerHour, dollarsPerMonth, dollarsPerThousandVisitors } = chosen
  const bootsInVain = (chosen.startedPerSecond - ratePerSecond) * 3_600
  const perHour = `${amount(heldSessions)} held × ${amount(Math.max(footprintGb, leastBilledGb))} GB × $${prices.dollarsPerGbHour} per GB-hour`
  const boots =
    bootsInVain > 0
      ? ` + ${amount(bootsInVain)} boots in vain × ${bootVcpuSeconds} vCPU-seconds × $${prices.dollarsPerVcpuHour} per vCPU-hour`
      : ''
  return [
    {
      what: 'costPerMonth',
      value: dollarsPerMonth,
      unit: 'dollars',
      text: `${dollars(dollarsPerMonth)} per month`,
      reason:
        'What warming adds to what the conversations cost anyway. An idle CPU is free; memory is billed until the session ends.',
      formula: `${perHour}${boots} = ${dollars(dollarsPerHour)} per hour, ${amount(hoursPerDay)} h a day`,
    },
    {
      what: 'costPerThousandVisitors',
      value: dollarsPerThousandVisitors,
      unit: 'dollars',
      text: `${dollars(dollarsPerThousandVisitors)} per thousand visitors`,
      reason: demand.hasPage ? `${percent(sendRate)} of the visitors send a message.` : 'Every caller sends a message.',
      formula: `${dollars(dollarsPerHour)} per hour / (${amount(visitors)} visitors per second × 3.6)`,
    },
  ]
}
