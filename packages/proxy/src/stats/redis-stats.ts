import { checkPrefix, type RedisClient, toRunScript } from '../ledger/redis-client.ts'
import type { ProxyEvent } from '../proxy-event.ts'
import { refuseUnknown } from '../refuse-unknown.ts'
import { checkCosts } from './check-costs.ts'
import { createTally } from './create-tally.ts'
import { countedOfPools, type StatsPoolEvent } from './pool-tally.ts'
import { type StatsCosts, type StatsReport, toStatsReport } from './stats-report.ts'

export type { RedisClient } from '../ledger/redis-client.ts'

/** Statistics of a fleet: what all its proxies told, whichever of them is asked. */
export interface FleetStats {
  /** Give it to the proxy's `onEvent`, or call it from there. It never throws, and nobody waits for it. */
  onEvent(event: ProxyEvent): void
  /** Give it to the `onEvent` of each process's pool, also of those that only tend it. It never throws, and nobody waits for it. */
  onPoolEvent(event: StatsPoolEvent): void
  /** What the fleet has seen. When the events are many, it may be some seconds old. Rejects when Redis does not answer. */
  report(): Promise<StatsReport>
}

export interface RedisStatsOptions {
  /** A connected client of yours, of `ioredis`, `iovalkey` or `redis`. It is not closed for you. */
  client: RedisClient
  /** What the name of the key begins with, as in `redisLedger`. @default 'warm-agent' */
  prefix?: string
  /**
   * How many events are kept, the newest, and up to a hundred more. A visit makes about five, a pool one a minute; each takes
   * 0.1 kB.
   * @default 100_000
   */
  keepEvents?: number
  /** What a session costs, for the money in the report. @default as {@link StatsCosts} tells */
  costs?: StatsCosts
  /**
   * Hears why an event could not be written, or be read for a report, and so is not counted. Of several in a row it hears of
   * the first. @default nobody
   */
  onFailed?: (cause: unknown) => void
}

/** KEYS stream; ARGV events to keep, the event, milliseconds until a stream that nobody writes to is forgotten. */
const appendScript = `
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'event', ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])
`
/** KEYS stream; ARGV from where, how many. */
const readScript = `return redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])`

const forgottenAfterMs = 30 * 86_400_000
const pageSize = 500
/** A report of many pages is given again until this many times the time that it took have passed: reading it is costly. */
const restFactor = 20
/** While Redis does not answer, no more writes than this are waited for: the rest is not counted. */
const mostUnanswered = 1_000

/** The events that a report is made of. Beats are many, and a report needs none. */
const counted: ReadonlySet<ProxyEvent['type']> = new Set([
  'warm-started',
  'warm-succeeded',
  'warm-failed',
  'warm-refused',
  'session-claimed',
  'message-answered',
  'session-lent',
  'session-closed',
  'session-reaped',
  'session-expired',
])

/**
 * Collects what all proxies of a fleet tell, in a stream of Redis or Valkey: a session that one of them warmed, another
 * answered on and a third closed is one visit. Times between events are by the clock of Redis. A restart loses nothing.
 * It holds no whole session id, no caller and no secret.
 *
 * @throws Error when an option is unknown or of no use.
 */
export function redisStats({
  client,
  prefix = 'warm-agent',
  keepEvents = 100_000,
  costs,
  onFailed = () => {},
  ...unknown
}: RedisStatsOptions): FleetStats {
  refuseUnknown(unknown, 'collect statistics', 'See RedisStatsOptions.')
  checkPrefix(prefix, 'collect statistics')
  if (!(Number.isInteger(keepEvents) && keepEvents >= 1)) {
    throw new Error(`Could not collect statistics: keepEvents is ${keepEvents}. Give a whole number from 1.`)
  }
  checkCosts(costs)
  const run = toRunScript(client)
  const stream = `{${prefix}}:stats`
  let unanswered = 0
  let isFailing = false
  let reading: Promise<StatsReport> | undefined
  let lastLong: { report: StatsReport; freshUntil: number } | undefined

  async function append(event: ProxyEvent | StatsPoolEvent): Promise<void> {
    if (unanswered >= mostUnanswered) return
    unanswered += 1
    try {
      await run(appendScript, [stream], [`${keepEvents}`, encode(event), `${forgottenAfterMs}`])
      isFailing = false
    } catch (cause) {
      if (!isFailing) onFailed(cause)
      isFailing = true
    } finally {
      unanswered -= 1
    }
  }

  async function read(): Promise<{ report: StatsReport; isLong: boolean }> {
    let sinceMs: number | undefined
    let pages = 0
    let unreadable: unknown
    const { onEvent, onPoolEvent, tally } = createTally()
    for (let from = '-'; ; ) {
      const page = (await run(readScript, [stream], [from, `${pageSize}`])) as [id: string, fields: string[]][]
      for (const [id, [, text = '']] of page) {
        const atMs = Number.parseInt(id, 10)
        sinceMs ??= atMs
        from = `(${id}`
        try {
          const event = { ...JSON.parse(text), atMs }
          if (countedOfPools.has(event.type)) onPoolEvent(event)
          else onEvent(event)
        } catch (cause) {
          unreadable ??= cause
        }
      }
      pages += 1
      if (page.length < pageSize) break
    }
    if (unreadable !== undefined) onFailed(unreadable)
    const report = toStatsReport(tally(), { scope: 'fleet', sinceMs: sinceMs ?? Date.now(), costs })
    return { report, isLong: pages > 1 }
  }

  async function readAndRest(): Promise<StatsReport> {
    const askedAt = performance.now()
    const { report, isLong } = await read()
    const readAt = performance.now()
    if (isLong) lastLong = { report, freshUntil: readAt + (readAt - askedAt) * restFactor }
    return report
  }

  return {
    onEvent(event) {
      if (counted.has(event.type)) void append(event)
    },
    onPoolEvent(event) {
      if (countedOfPools.has(event.type)) void append(event)
    },
    report() {
      if (lastLong && performance.now() < lastLong.freshUntil) return Promise.resolve(lastLong.report)
      // Whoever asks while one is made waits for the same one.
      reading ??= readAndRest().finally(() => {
        reading = undefined
      })
      return reading
    },
  }
}

/** Without its cause, which may hold what must not be kept, and without its time: only the clock of Redis counts. */
function encode(event: ProxyEvent | StatsPoolEvent): string {
  return JSON.stringify({ ...event, atMs: undefined, cause: undefined })
}
