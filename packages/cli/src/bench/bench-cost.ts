import {
  bootVcpuSeconds,
  dollarsOf,
  echoFootprintGb,
  mostBootVcpuSeconds,
  type Platform,
  type Prices,
  prices,
} from '@warm-agent/protocol/prices'
import { pricesFrom } from '../price-settings.ts'
import { headStartMs, type ScenarioName } from './scenarios.ts'

/** What a microVM of the agent is assumed to use. */
export interface Footprint {
  platform: Platform
  /** Billed memory of a session. */
  gb: number
  /** Prices of the user's own, instead of the table's. */
  prices?: Prices
}

/** The footprint from the command line, or that of an echo agent. */
export function footprintFrom(values: {
  platform: Platform | undefined
  'memory-gb': number | undefined
  'dollars-per-gb-hour': number | undefined
  'dollars-per-vcpu-hour': number | undefined
}): Footprint {
  const { platform = 'v2', 'memory-gb': gb = echoFootprintGb[platform] } = values
  const dollarsPerGbHour = values['dollars-per-gb-hour']
  const own = pricesFrom({ dollarsPerGbHour, dollarsPerVcpuHour: values['dollars-per-vcpu-hour'] }, platform)
  return { platform, gb, ...(own && { prices: own }) }
}

/** The cold start that an estimate assumes, in milliseconds: the slowest published p75 (V1 container of 2 GB). */
const slowStartMs = 30_000

/** What this many sessions cost, of which all together were held for `heldMs`. */
export function sessionDollars(
  { sessions, heldMs }: { sessions: number; heldMs: number },
  { platform, gb, prices: own }: Footprint,
  secondsPerBoot = bootVcpuSeconds,
): number {
  return dollarsOf({ heldMs, gb, vcpuMs: sessions * secondsPerBoot * 1_000 }, own ?? prices[platform])
}

/** What a bench may cost at most: as if every session started slowly. */
export function estimateDollars(
  { scenarios, messages, ...times }: { scenarios: readonly ScenarioName[]; messages: number } & Times,
  footprint: Footprint,
): number {
  const heldMs = scenarios.reduce((sum, name) => sum + messages * (headStartMs(name, times) + 2 * slowStartMs), 0)
  return sessionDollars({ sessions: scenarios.length * messages, heldMs }, footprint, mostBootVcpuSeconds)
}

interface Times {
  delayMs: number
  leadMs: number
}
