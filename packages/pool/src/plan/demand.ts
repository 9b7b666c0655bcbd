import {
  echoFootprintGb,
  type Platform,
  type Prices,
  platforms,
  prices,
  type Quotas,
  quotasOf,
} from '@warm-agent/protocol/prices'
import { explainRefusal } from '@warm-agent/proxy/runtime-kit'
import * as z from 'zod'
import { assumedMeanMs } from './lead.ts'
import { PlanError } from './plan-error.ts'

/** What a plan is made for. Durations in milliseconds. An option that is unknown or makes no sense is refused by its name. */
export interface DemandOptions {
  /** First messages per second in the busiest hour: each needs a session of its own. Above 0. */
  ratePerSecond: number
  /** From asking for a session until it is warm, on average. @default the platform's cold start at p75: 1,960 on v2, 2,850 on v1-code, 5,370 on v1-container (agentcore-samples, September 2026) */
  replenishmentMs?: number | undefined
  /** @default 'v2' */
  platform?: Platform | undefined
  /** The memory of one session, in GB. @default that of an echo agent: 1.2 on v2, 1 on v1-code, 2.7 on v1-container */
  footprintGb?: number | undefined
  /** The runtime's `idleRuntimeSessionTimeout`. @default 900_000 */
  idleTimeoutMs?: number | undefined
  /** The runtime's `maxLifetime`. @default 28_800_000 */
  maxLifetimeMs?: number | undefined
  /** The share of first messages that may go cold, above 0 and below 1. @default 0.001 */
  missRate?: number | undefined
  /** Whether a page is open before the first message comes. Without one, nothing can be warmed ahead for its own user. @default true */
  hasPage?: boolean | undefined
  /** The share of visitors who send a message, above 0, up to 1. Without a page: 1. @default 0.3, an assumption */
  sendRate?: number | undefined
  /** Of those who begin to write, the share who send. @default 0.7, an assumption */
  intentSendRate?: number | undefined
  /** Nineteen of twenty first messages come at least this long after the page opened. @default 5_000, an assumption */
  leadMs?: number | undefined
  /** How long first messages come after the page opened, on average. At least `leadMs`. @default 8.54 × `leadMs`, an assumption: a log-normal lead with σ 1 */
  meanLeadMs?: number | undefined
  /** Nineteen of twenty first messages come at least this long after the user began to write. @default 3_000, an assumption */
  intentLeadMs?: number | undefined
  /** How long first messages come after the user began to write, on average. At least `intentLeadMs`. @default 8.54 × `intentLeadMs`, by the same assumption */
  meanIntentLeadMs?: number | undefined
  /** How long a visitor stays who sends nothing, on average. @default 60_000, an assumption */
  visitMs?: number | undefined
  /** How long a session is kept after its page left, in case it returns. @default 30_000, as the proxy does */
  parkMs?: number | undefined
  /** How long a conversation lasts from its first message, on average. @default 180_000, an assumption */
  conversationMs?: number | undefined
  /** @default 5, an assumption */
  messagesPerConversation?: number | undefined
  /** How many hours a day the rate is that high; the rest counts as nothing. @default 24 */
  hoursPerDay?: number | undefined
  /** A size to be judged. @default the rule of thumb: a third more than rate × replenishment time */
  poolSize?: number | undefined
  /** New sessions per second that other traffic in the same account and region starts. @default 0 */
  otherSessionsPerSecond?: number | undefined
  /** The quota of active sessions depends on it. @default 'us-east-1' */
  region?: string | undefined
  /** Where AWS granted others. */
  quotas?: Partial<Quotas> | undefined
  /** Where you pay others. */
  prices?: Partial<Prices> | undefined
}

/** The demand, checked and complete. */
export type Demand = {
  [Name in Exclude<keyof DemandOptions, 'quotas' | 'prices'>]-?: NonNullable<DemandOptions[Name]>
} & {
  quotas: Quotas
  prices: Prices
  /** Whether {@link DemandOptions.conversationMs} was not given: an assumption is no reason to refuse. */
  isConversationAssumed: boolean
}

/** Cold start at p75, in milliseconds; of a container with an image of 200 MB (agentcore-samples, 05-measure-your-runtime, September 2026). */
const coldStartMs: Readonly<Record<Platform, number>> = { 'v1-code': 2_850, 'v1-container': 5_370, v2: 1_960 }

const durationMs = z.number().min(1).max(86_400_000)
const lifetimeMs = z.number().min(60_000).max(28_800_000)
const share = z.number().gt(0).max(1)
const positive = z.number().positive().max(1e9)

const demandSchema = z.strictObject({
  ratePerSecond: z.number().positive().max(10_000),
  platform: z.enum(platforms).default('v2'),
  replenishmentMs: z.number().min(1).max(600_000).optional(),
  footprintGb: z.number().positive().max(64).optional(),
  idleTimeoutMs: lifetimeMs.optional(),
  maxLifetimeMs: lifetimeMs.default(28_800_000),
  missRate: z.number().gt(0).lt(1).default(0.001),
  hasPage: z.boolean().default(true),
  sendRate: share.optional(),
  intentSendRate: share.default(0.7),
  leadMs: durationMs.default(5_000),
  meanLeadMs: durationMs.optional(),
  intentLeadMs: durationMs.default(3_000),
  meanIntentLeadMs: durationMs.optional(),
  visitMs: durationMs.default(60_000),
  parkMs: z.number().min(0).max(86_400_000).default(30_000),
  conversationMs: durationMs.optional(),
  messagesPerConversation: z.number().min(1).max(10_000).default(5),
  hoursPerDay: z.number().gt(0).max(24).default(24),
  poolSize: z.number().int().min(1).max(10_000).optional(),
  otherSessionsPerSecond: z.number().min(0).max(10_000).default(0),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'expected a region like us-east-1')
    .default('us-east-1'),
  quotas: z
    .strictObject({
      newSessionsPerSecond: positive,
      callsPerSecond: positive,
      activeSessions: positive,
      endpoints: positive,
    })
    .partial()
    .default({}),
  prices: z.strictObject({ dollarsPerVcpuHour: positive, dollarsPerGbHour: positive }).partial().default({}),
})

/** @throws PlanError that names the option that is unknown or makes no sense. */
export function readDemand(options: DemandOptions): Demand {
  const checked = demandSchema.safeParse(options)
  if (!checked.success) {
    throw refusal(`${explainRefusal(checked.error, options)}. See DemandOptions.`)
  }
  const given = checked.data
  const { platform, ratePerSecond, maxLifetimeMs, hasPage } = given
  const { idleTimeoutMs = Math.min(900_000, maxLifetimeMs), replenishmentMs = coldStartMs[platform] } = given
  if (idleTimeoutMs > maxLifetimeMs) {
    throw refusal(
      `option idleTimeoutMs is ${idleTimeoutMs}, but maxLifetimeMs is ${maxLifetimeMs}. Give an idle timeout of at most that.`,
    )
  }
  if (!hasPage && (given.sendRate ?? 1) !== 1) {
    throw refusal(`option sendRate is ${given.sendRate}, but there is no page. Leave one of them out.`)
  }
  return {
    ...given,
    meanLeadMs: meanOf(given, 'leadMs', 'meanLeadMs'),
    meanIntentLeadMs: meanOf(given, 'intentLeadMs', 'meanIntentLeadMs'),
    idleTimeoutMs,
    replenishmentMs,
    conversationMs: given.conversationMs ?? 180_000,
    isConversationAssumed: given.conversationMs === undefined,
    sendRate: given.sendRate ?? (hasPage ? 0.3 : 1),
    footprintGb: given.footprintGb ?? echoFootprintGb[platform],
    poolSize: given.poolSize ?? Math.max(1, Math.ceil((ratePerSecond * replenishmentMs * 4) / 3_000)),
    quotas: { ...quotasOf(given.region), ...given.quotas },
    prices: { ...prices[platform], ...given.prices },
  }
}

/** @returns the mean of a lead: the one that was given, or the one that its 5 % quantile suggests. */
function meanOf(
  given: z.output<typeof demandSchema>,
  lead: 'leadMs' | 'intentLeadMs',
  mean: 'meanLeadMs' | 'meanIntentLeadMs',
): number {
  const leadMs = given[lead]
  const meanMs = given[mean] ?? assumedMeanMs(leadMs)
  if (meanMs >= leadMs) return meanMs
  throw refusal(
    `option ${mean} is ${meanMs}, but ${lead}, which nineteen of twenty messages exceed, is ${leadMs}. Give a mean of at least that.`,
  )
}

function refusal(why: string): PlanError {
  return new PlanError('invalid_option', `Could not plan: ${why}`)
}
