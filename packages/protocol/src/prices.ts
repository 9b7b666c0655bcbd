/**
 * What Amazon Bedrock AgentCore Runtime costs and allows, per account and region. All code that needs a price or a quota takes
 * it from here, and lets its user give another.
 * Sources: aws.amazon.com/bedrock/agentcore/pricing and the AgentCore developer guide, quotas.
 */

/** When the figures below were last compared with their sources. */
export const pricesCheckedOn = '2026-09'

/** How an agent can be deployed: platform version 1 from a zip or an image, or version 2. */
export const platforms = ['v1-code', 'v1-container', 'v2'] as const
/** One of {@link platforms}. */
export type Platform = (typeof platforms)[number]

/** Prices in US dollars. Billing is per second; a CPU that idles is free. */
export interface Prices {
  dollarsPerVcpuHour: number
  /** Memory is billed until the microVM ends, also while it idles: on V1 its peak, on V2 what is in use. */
  dollarsPerGbHour: number
}

const v1: Prices = { dollarsPerVcpuHour: 0.0895, dollarsPerGbHour: 0.00945 }

export const prices: Readonly<Record<Platform, Readonly<Prices>>> = {
  'v1-code': v1,
  'v1-container': v1,
  v2: { dollarsPerVcpuHour: 0.1276, dollarsPerGbHour: 0.0169 },
}

/** The least memory that is billed: 128 MB, in GB. */
export const leastBilledGb = 0.125

/**
 * What an echo agent was measured to occupy, in GB (September 2026). A V1 container has 2.7 GB with an image of 200 MB, and
 * 8.4 GB with one of 2 GB.
 */
export const echoFootprintGb: Readonly<Record<Platform, number>> = { 'v1-code': 1, 'v1-container': 2.7, v2: 1.2 }

/** What one boot takes: 4 to 5.5 vCPU-seconds were measured on AWS (blait/AgentCoreWarmPool, September 2026). */
export const bootVcpuSeconds = 4.75
/** The most that one boot was measured to take: for estimates that say "at most". */
export const mostBootVcpuSeconds = 5.5

/** Service quotas, per account and region. AWS raises most of them on request. */
export interface Quotas {
  /** Over all endpoints and both kinds of deployment, since August 2026. Beyond it: 429. */
  newSessionsPerSecond: number
  /** Shared by all operations of the data plane. Beyond it: 429. */
  callsPerSecond: number
  /** Idle ones included. Beyond it: 402. */
  activeSessions: number
  /** Endpoints of one agent. */
  endpoints: number
}

/** @param region one like `us-east-1`; the number of active sessions depends on it */
export function quotasOf(region: string): Quotas {
  const isLarge = region === 'us-east-1' || region === 'us-west-2'
  return { newSessionsPerSecond: 25, callsPerSecond: 1_000, activeSessions: isLarge ? 5_000 : 2_500, endpoints: 10 }
}

/**
 * What a microVM costs in US dollars: its memory for as long as it exists, its CPU for as long as that is busy.
 *
 * @param usage `heldMs` and `vcpuMs` in milliseconds, `gb` the billed memory
 */
export function dollarsOf(
  { heldMs, gb, vcpuMs = 0 }: { heldMs: number; gb: number; vcpuMs?: number },
  { dollarsPerVcpuHour, dollarsPerGbHour }: Prices,
): number {
  return (heldMs * Math.max(gb, leastBilledGb) * dollarsPerGbHour + vcpuMs * dollarsPerVcpuHour) / 3_600_000
}
