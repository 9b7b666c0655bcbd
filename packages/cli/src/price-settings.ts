import { type Platform, type Prices, prices } from '@warm-agent/protocol/prices'
import { decimal, oneOf } from './settings.ts'

export const platforms = Object.keys(prices) as Platform[]

export const readPlatform = oneOf(...platforms)

/** A price of the user's own, instead of the table's. */
export const price = decimal(0.000_001, 1_000)

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
