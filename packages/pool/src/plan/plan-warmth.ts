import { pricesCheckedOn } from '@warm-agent/protocol/prices'
import { defaultNewSessionsPerSecond } from '../new-session-rate.ts'
import { type Demand, type DemandOptions, readDemand } from './demand.ts'
import { type Headroom, headroomOf, refillRateOf, refuseWhatCannotRefill, roomWanted } from './headroom.ts'
import { judgeRungs, type Rung, type RungName } from './ladder.ts'
import { PlanError } from './plan-error.ts'
import { advisePool, type PoolAdvice } from './pool-advice.ts'
import { type Recommendation, recommend } from './recommend.ts'
import { amount, duration } from './words.ts'

/** What to do about cold starts under a given demand. */
export interface Plan {
  demand: Demand
  /** The cheapest rung of the ladder that is enough, and of equals the simplest. */
  rung: RungName
  recommendations: Recommendation[]
  /** Every rung, judged. */
  ladder: Rung[]
  pool: PoolAdvice
  /** What the recommended rung needs of each quota. */
  quotas: Headroom[]
  /** What might spoil the plan. */
  warnings: string[]
  /** When prices and quotas were last compared with their sources. */
  pricesCheckedOn: string
}

/**
 * Plans how to hide the cold start: which rung of the ladder, how many sessions, how long to hold them, what it costs.
 * Pure: the same demand gives the same plan.
 *
 * @throws PlanError when an option makes no sense, or when the quotas cannot refill what is taken.
 */
export function planWarmth(options: DemandOptions): Plan {
  const demand = readDemand(options)
  const pool = advisePool(demand)
  refuseWhatCannotRefill(demand, headroomOf(demand, demand.ratePerSecond, pool.size))
  const ladder = judgeRungs(demand, pool)
  const [chosen] = ladder
    .filter(({ isEnough }) => isEnough)
    .sort((one, other) => one.dollarsPerMonth - other.dollarsPerMonth)
  if (!chosen) {
    throw new PlanError(
      'cannot_refill',
      `Could not plan for ${amount(demand.ratePerSecond)} first messages per second: nothing but a pool of ${amount(pool.size)} sessions would be ` +
        `enough, and the quota of active sessions is ${amount(demand.quotas.activeSessions)} in ${demand.region}. Make the replenishment ` +
        'faster, ask AWS for a higher quota, or spread over regions or accounts.',
    )
  }
  const quotas = headroomOf(demand, chosen.startedPerSecond, chosen.heldSessions)
  return {
    demand,
    rung: chosen.rung,
    recommendations: recommend(demand, ladder, pool, chosen),
    ladder,
    pool,
    quotas,
    warnings: warningsOf(demand, quotas, chosen.rung, pool.size),
    pricesCheckedOn,
  }
}

function warningsOf(demand: Demand, quotas: readonly Headroom[], rung: RungName, poolSize: number): string[] {
  const { idleTimeoutMs, ratePerSecond, conversationMs, isConversationAssumed, quotas: allowed } = demand
  const warnings = quotas
    .filter(({ left }) => left < roomWanted)
    .map(({ quota, needed, allowed: most }) =>
      quota === 'activeSessions'
        ? `${amount(Math.ceil(needed))} sessions would be active, of ${amount(most)} that are allowed, if conversations last ${duration(conversationMs)}${isConversationAssumed ? ', which is assumed: tell how long yours last' : ''}. Over the quota new ones are refused with 402.`
        : `${amount(needed)} of ${amount(most)} ${quota} are used: chance alone goes over it now and then, and then warm-ups are throttled, and more messages than planned go cold. Ask AWS for more.`,
    )
  const refillRate = refillRateOf(demand, poolSize)
  if (rung === 'pool' && refillRate !== defaultNewSessionsPerSecond) {
    const why =
      refillRate > defaultNewSessionsPerSecond
        ? 'too little would be left to refill with, and claims would find it empty more often than its size promises'
        : 'its refill and the other traffic together would go over the quota'
    warnings.push(
      `Give the pool newSessionsPerSecond: ${refillRate} (--pool-new-sessions-per-second). With its default of ${defaultNewSessionsPerSecond} ${why}.`,
    )
  }
  const unstopped = (ratePerSecond * (conversationMs + idleTimeoutMs)) / 1000
  if (unstopped > allowed.activeSessions) {
    warnings.push(
      `Stop the sessions of conversations that have ended. Left to idle out after ${duration(idleTimeoutMs)} they would be ${amount(Math.round(unstopped))} active sessions, over the quota of ${amount(allowed.activeSessions)}, and new ones would be refused with 402.`,
    )
  }
  return warnings
}
