import { bootVcpuSeconds, dollarsOf } from '@warm-agent/protocol/prices'
import type { Demand } from './demand.ts'

/** 365.25 days in twelve months. */
const daysPerMonth = 30.44

/** What warming adds to what the conversations cost anyway, in US dollars. */
export interface Cost {
  dollarsPerHour: number
  dollarsPerMonth: number
  dollarsPerThousandVisitors: number
}

/** Visitors per second: those who send, and those who do not. */
export function visitorsPerSecond({ ratePerSecond, sendRate }: Demand): number {
  return ratePerSecond / sendRate
}

/**
 * @param heldSessions how many sessions are held on average for no conversation
 * @param unusedPerSecond how many sessions per second are started and never used: each boots in vain
 */
export function costOf(demand: Demand, heldSessions: number, unusedPerSecond = 0): Cost {
  const { footprintGb, hoursPerDay, prices } = demand
  const usage = {
    heldMs: heldSessions * 3_600_000,
    gb: footprintGb,
    vcpuMs: unusedPerSecond * 3_600 * bootVcpuSeconds * 1_000,
  }
  const dollarsPerHour = dollarsOf(usage, prices)
  return {
    dollarsPerHour,
    dollarsPerMonth: dollarsPerHour * hoursPerDay * daysPerMonth,
    dollarsPerThousandVisitors: dollarsPerHour / (visitorsPerSecond(demand) * 3.6),
  }
}

export function costOfPool(demand: Demand, size: number): Cost {
  return costOf(demand, size, retiredPerSecond(demand, size))
}

/** Sessions of a pool that are retired per second before anybody comes for them: all that live long, less those that are claimed. */
function retiredPerSecond({ ratePerSecond, maxLifetimeMs }: Demand, size: number): number {
  return Math.max(0, (size * 1_000) / (maxLifetimeMs / 2) - ratePerSecond)
}

/** New sessions per second that keep a pool full. */
export function startedForPool(demand: Demand, size: number): number {
  return demand.ratePerSecond + retiredPerSecond(demand, size)
}
