import { parseArgs } from 'node:util'
import type { FleetOptions } from './fleet-plan.ts'

export const usage = `Usage: npm run soak -- [options]

  --minutes MINUTES   for how long browsers come (default 5)
  --browsers COUNT    how many come (default 500 a minute)
  --seed SEED         the same seed gives the same visits, disasters and chaos (default a random one)

Needs redis-server, or its path in REDIS_SERVER_PATH. Ctrl-C ends it with a verdict on what was seen until then.
`

/**
 * @returns `undefined` when help was asked for.
 * @throws Error that names the option that is unknown or makes no sense.
 */
export function readSoakOptions(args: string[]): FleetOptions | undefined {
  const { values } = parse(args)
  if (values.help) return undefined
  const minutes = number('minutes', values.minutes ?? '5', 0.1, 10_080)
  const browsers = whole('browsers', values.browsers ?? `${Math.ceil(minutes * 500)}`, 1, 1_000_000)
  const seed = whole('seed', values.seed ?? `${Math.floor(Math.random() * 2 ** 32)}`, 0, 2 ** 32 - 1)
  return { browsers, arriveForMs: minutes * 60_000, seed }
}

function parse(args: string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args,
      options: { minutes: text, browsers: text, seed: text, help: { type: 'boolean', short: 'h' } },
    })
  } catch (cause) {
    const [reason = ''] = (cause as Error).message.split(/\.\s/)
    throw new Error(`Could not read the options: ${reason.replace(/\.$/, '')}. Try --help.`, { cause })
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = number(name, text, least, most)
  if (Number.isInteger(value)) return value
  throw new Error(`Could not use --${name}: "${text}" is not whole. Give a whole number.`)
}

function number(name: string, text: string, least: number, most: number): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new Error(`Could not use --${name}: "${text}" is no number from ${least} to ${most}. Give one.`)
}
