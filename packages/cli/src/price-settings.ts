import { echoFootprintGb, type Platform, type Prices, prices } from '@warm-agent/protocol/prices'
import { decimal, oneOf } from './settings.ts'

export const platforms = Object.keys(prices) as Platform[]

export const readPlatform = oneOf(...platforms)

/** A price of the user's own, instead of the table's. */
export const price = decimal(0.000_001, 1_000)

/** What counts when a price or a footprint is not given, for `--help`. V1 has the same prices for both of its platforms. */
export const defaultTexts = {
  dollarsPerGbHour: `${prices.v2.dollarsPerGbHour} on v2, ${prices['v1-code'].dollarsPerGbHour} on v1`,
  dollarsPerVcpuHour: `${prices.v2.dollarsPerVcpuHour} on v2, ${prices['v1-code'].dollarsPerVcpuHour} on v1`,
  footprintGb: `an echo agent: ${echoFootprintGb.v2} on v2, ${echoFootprintGb['v1-code']} on v1-code, ${echoFootprintGb['v1-container']} on v1-container`,
}

/** @returns `undefined` when none is given: then the table of this version counts. */
export function pricesFrom(
  { dollarsPerGbHour, dollarsPerVcpuHour }: { [Name in keyof Prices]: number | undefined },
  platform: Platform,
): Prices | undefined {
  if (dollarsPerGbHour === undefined && dollarsPerVcpuHour === undefined) return undefined
  const table = prices[platform]
  return {
    dollarsPerGbHour: dollarsPerGbHour ?? table.dollarsPerGbHour,
    dollarsPerVcpuHour: dollarsPerVcpuHour ?? table.dollarsPerVcpuHour,
  }
}
