import { prices } from '@warm-agent/protocol/prices'
import { showValue } from '../explain-refusal.ts'
import type { StatsCosts } from './stats-report.ts'

const names: readonly string[] = [
  'platform',
  'gb',
  'bootVcpuMs',
  'prices',
  'mostDollarsPerSecond',
] satisfies (keyof StatsCosts)[]

/** @throws Error naming what is unknown or makes no sense: a verdict in dollars is believed. */
export function checkCosts(costs: StatsCosts | undefined): void {
  if (!costs) return
  const refuse = (name: string, value: unknown, expected: string): never => {
    throw new Error(`Could not collect statistics: costs.${name} is ${showValue(value)}. Give ${expected}.`)
  }
  const unknown = Object.keys(costs).find(name => !names.includes(name))
  if (unknown) throw new Error(`Could not collect statistics: there is no option costs.${unknown}. See StatsCosts.`)
  const { platform, prices: own } = costs
  if (platform !== undefined && !Object.hasOwn(prices, platform)) {
    refuse('platform', platform, `one of ${Object.keys(prices).join(', ')}`)
  }
  const { gb, bootVcpuMs, mostDollarsPerSecond } = costs
  const amounts = { gb, bootVcpuMs, mostDollarsPerSecond }
  for (const [name, value] of Object.entries(amounts)) {
    if (value !== undefined && !isAmount(value)) refuse(name, value, 'a number from 0')
  }
  if (own && !(isAmount(own.dollarsPerGbHour) && isAmount(own.dollarsPerVcpuHour))) {
    refuse('prices', own, 'dollarsPerGbHour and dollarsPerVcpuHour, numbers from 0')
  }
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY
}
