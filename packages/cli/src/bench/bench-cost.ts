import { dollarsOf, type Platform, type Prices, prices } from '@warm-agent/protocol/prices'
import { headStartMs, type ScenarioName } from './scenarios.ts'

/** What a microVM of the agent under test is taken to use. */
export interface Footprint {
  platform: Platform
  /** Billed memory. */
  gb: number
  /** Instead of the table's. */
  prices?: Prices
}

/** A boot takes 4 to 5.5 vCPU-seconds (measured on AWS by blait/AgentCoreWarmPool, September 2026). */
const bootVcpuMs = 5_000

/** The cold start that an estimate reckons with, in milliseconds: the slowest published p75 (V1 container of 2 GB). */
const slowStartMs = 30_000

/** What sessions cost that were held so long in all. */
export function sessionDollars(
  { sessions, heldMs }: { sessions: number; heldMs: number },
  { platform, gb, prices: own }: Footprint,
): number {
  return dollarsOf({ heldMs, gb, vcpuMs: sessions * bootVcpuMs }, own ?? prices[platform])
}

/** What a bench will cost at most, before it has begun: every session starts slowly and is stopped after its last message. */
export function estimateDollars(
  { scenarios, messages, ...times }: { scenarios: readonly ScenarioName[]; messages: number } & Times,
  footprint: Footprint,
): number {
  const heldMs = scenarios.reduce((sum, name) => sum + messages * (headStartMs(name, times) + 2 * slowStartMs), 0)
  return sessionDollars({ sessions: scenarios.length * messages, heldMs }, footprint)
}

interface Times {
  delayMs: number
  leadMs: number
}
