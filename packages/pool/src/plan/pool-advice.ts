import { erlangB, smallestSize } from '../target/erlang-b.ts'
import { type Cost, costOfPool } from './costs.ts'
import type { Demand } from './demand.ts'
import { amount, percent } from './words.ts'

/** A pool size, what it misses and what it costs. */
export interface SizeAdvice extends Cost {
  size: number
  /** The share of claims that find it empty. */
  missRate: number
  coldPerHour: number
  verdict: string
}

export interface PoolAdvice {
  /** The smallest size with at most the wanted miss rate. */
  size: number
  /** Sessions that are missing on average: rate × replenishment time. */
  load: number
  /** The size that was asked about, the one to take, and the one for a tenth of the misses. */
  sizes: SizeAdvice[]
  /** Why the size that was asked about is enough or is not, in sentences. */
  explanation: string
  /** Every size of interest, for a chart. */
  curve: ({ size: number; missRate: number } & Cost)[]
}

/** Points of the curve, at most. */
const longestCurve = 300

/** How large a pool must be, by Erlang's loss formula. */
export function advisePool(demand: Demand): PoolAdvice {
  const { ratePerSecond, replenishmentMs, missRate, poolSize } = demand
  const load = (ratePerSecond * replenishmentMs) / 1000
  const size = smallestSize(load, missRate)
  const larger = smallestSize(load, missRate / 10)

  const advise = (each: number): SizeAdvice => {
    const loss = erlangB(each, load)
    const enough = each === size ? 'the smallest that is enough' : `${each - size} more than needed`
    const verdict = loss <= missRate ? enough : `too small by ${size - each}`
    const coldPerHour = loss * ratePerSecond * 3600
    return { size: each, missRate: loss, coldPerHour, verdict, ...costOfPool(demand, each) }
  }
  const asked = advise(poolSize)
  const sizes = [...new Set([poolSize, size, larger])].sort((a, b) => a - b).map(advise)
  const most = Math.max(larger, poolSize) + Math.max(3, Math.ceil(0.1 * larger))
  const least = Math.max(1, Math.min(poolSize, Math.floor(load)) - 1)
  const step = Math.ceil((most - least + 1) / longestCurve)
  const curve: PoolAdvice['curve'] = []
  for (let each = least; each <= most; each += step) {
    curve.push({ size: each, missRate: erlangB(each, load, curve.at(-1)), ...costOfPool(demand, each) })
  }
  return { size, load, sizes, explanation: explain(demand, load, asked, advise(size), advise(larger)), curve }
}

function explain(demand: Demand, load: number, asked: SizeAdvice, enough: SizeAdvice, larger: SizeAdvice): string {
  const { ratePerSecond, replenishmentMs } = demand
  const deviation = Math.sqrt(load)
  const missing =
    `A session that is claimed is missing until its successor is warm. At ${amount(ratePerSecond)} per second and ` +
    `${amount(replenishmentMs / 1000)} s, ${amount(load)} are missing on average; but claims come at random, so the number ` +
    `swings around that (Poisson, standard deviation √${amount(load)} = ${amount(deviation)}).`
  const more = larger.size > enough.size ? `, ${larger.size} to ${percent(larger.missRate)}` : ''
  const needed = `${enough.size} brings that to ${percent(enough.missRate)}${more}.`
  if (asked.size >= enough.size) {
    const judged = `${asked.size} is enough: ${percent(asked.missRate)} of claims find it empty.`
    const less = `So would ${enough.size} be, with ${percent(enough.missRate)}.`
    return asked.size === enough.size ? `${missing} ${judged}` : `${missing} ${judged} ${less}`
  }
  const isThumb = load >= 5 && asked.size === Math.ceil((load * 4) / 3)
  // Where few are missing the number is no bell curve, and deviations say nothing.
  const room =
    load < 5
      ? ''
      : `it leaves room for ${amount(Math.max(0, (asked.size - load) / deviation))} standard deviations, so `
  const judged =
    `${asked.size}${isThumb ? ', a third more than that,' : ''} is not quite enough: ${room}${percent(asked.missRate)} of ` +
    `claims, one in ${amount(Math.round(1 / asked.missRate))}, find the pool empty and go cold: ` +
    `${asked.coldPerHour >= 1 ? `${amount(asked.coldPerHour)} an hour` : `${amount(asked.coldPerHour * 24)} a day`}.`
  return `${missing} ${judged} ${needed}`
}
