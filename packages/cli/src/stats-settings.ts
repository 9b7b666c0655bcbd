import type { Platform } from '@warm-agent/protocol/prices'
import type { Authorize, ProxyEvent } from '@warm-agent/proxy'
import { createStats, type StatsCosts, type StatsPoolEvent, withHoldOut } from '@warm-agent/proxy/stats'
import type { FleetStats } from '@warm-agent/proxy/stats-redis'
import { defaultTexts, price, pricesFrom } from './price-settings.ts'
import { serveStats } from './serve-stats.ts'
import { decimal, given, integer, setting, type Values } from './settings.ts'

export const statsSettings = {
  'warm-agent-admin-port': setting(
    'PORT',
    'what warming is worth: / for people, /stats in JSON; a port of its own, for nobody outside',
    integer(0, 65_535, undefined),
    { variable: 'WARM_AGENT_ADMIN_PORT', defaultText: 'none' },
  ),
  'warm-agent-admin-host': setting('HOST', 'where that port listens', text => text ?? '127.0.0.1', {
    variable: 'WARM_AGENT_ADMIN_HOST',
    defaultText: '127.0.0.1',
  }),
  'warm-agent-hold-out': setting(
    'SHARE',
    'callers who are not warmed, for a fair comparison: 0.05 is one in twenty',
    decimal(0, 1),
    { variable: 'WARM_AGENT_HOLD_OUT', defaultText: '0' },
  ),
  'warm-agent-memory-gb': setting('GB', 'for the dollars: billed memory of a microVM', decimal(0.125, 64), {
    variable: 'WARM_AGENT_MEMORY_GB',
    defaultText: defaultTexts.footprintGb,
  }),
  'warm-agent-dollars-per-gb-hour': setting('DOLLARS', 'your price of memory', price, {
    variable: 'WARM_AGENT_DOLLARS_PER_GB_HOUR',
    defaultText: defaultTexts.dollarsPerGbHour,
  }),
  'warm-agent-dollars-per-vcpu-hour': setting('DOLLARS', 'your price of CPU', price, {
    variable: 'WARM_AGENT_DOLLARS_PER_VCPU_HOUR',
    defaultText: defaultTexts.dollarsPerVcpuHour,
  }),
  'warm-agent-dollars-per-second-saved': setting(
    'DOLLARS',
    'a second of a user is worth that much, for the verdict',
    price,
    { variable: 'WARM_AGENT_DOLLARS_PER_SECOND_SAVED', defaultText: '0.01' },
  ),
}

/**
 * What the settings about statistics add to the proxy.
 *
 * @param shared Makes the statistics of a whole fleet. Without it each process counts for itself.
 */
export function statsFrom(
  values: Values<typeof statsSettings> & { 'agent-runtime-platform'?: Platform | undefined },
  shared?: (costs: StatsCosts) => FleetStats,
) {
  const { 'warm-agent-admin-port': port, 'warm-agent-admin-host': host, 'warm-agent-hold-out': share = 0 } = values
  const costs = costsFrom(values)
  // In a fleet every proxy counts, also those without the port.
  const stats = shared?.(costs) ?? (port === undefined ? undefined : createStats({ costs }))
  return {
    onEvent: (event: ProxyEvent) => stats?.onEvent(event),
    onPoolEvent: (event: StatsPoolEvent) => stats?.onPoolEvent(event),
    holdOut: (authorize: Authorize): Authorize => (share > 0 ? withHoldOut(authorize, { share }) : authorize),
    /** @returns a line that tells the address, empty without the port. */
    async listen(): Promise<string> {
      if (!stats || port === undefined) return ''
      return `warm-agent statistics: ${(await serveStats(stats, { port, host })).origin}/stats\n`
    },
  }
}

function costsFrom(values: Parameters<typeof statsFrom>[0]): StatsCosts {
  const { 'agent-runtime-platform': platform = 'v2' } = values
  const dollarsPerGbHour = values['warm-agent-dollars-per-gb-hour']
  const dollarsPerVcpuHour = values['warm-agent-dollars-per-vcpu-hour']
  return {
    platform,
    ...given({
      gb: values['warm-agent-memory-gb'],
      mostDollarsPerSecond: values['warm-agent-dollars-per-second-saved'],
      prices: pricesFrom({ dollarsPerGbHour, dollarsPerVcpuHour }, platform),
    }),
  }
}
