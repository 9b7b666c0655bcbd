import { arrivalTimesMs } from '../../packages/cli/src/bench/arrivals.ts'
import { seededRandom } from '../bench/random.ts'

export interface FleetOptions {
  /** How many browsers come. */
  browsers: number
  /** In how long a time they come. Milliseconds. */
  arriveForMs: number
  /** The same seed gives the same visits, disasters and chaos. */
  seed: number
}

/** How a page leaves: it closes its session, parks it, or is gone without a word. */
export type Leaving = 'close' | 'park' | 'vanish'

/** What the agent does to a message besides answering it. */
export type Upset = 'none' | 'fails' | 'crashes'

export interface PlannedMessage {
  /** How long the user thinks before it is sent. Milliseconds. */
  thinkMs: number
  /** How many pieces its answer has. */
  pieces: number
  upset: Upset
}

/** What one browser will do. */
export interface Visit {
  browser: number
  atMs: number
  messages: PlannedMessage[]
  /** How long the page stays after its last message. Milliseconds. */
  lingerMs: number
  leaving: Leaving
  /** How long a page that parks its session is away. Milliseconds. */
  parkMs: number
  /** Tries to use the session of another browser. */
  steals: boolean
}

export interface Disaster {
  what: 'proxy-killed' | 'redis-restarted'
  atMs: number
  /** Which proxy. */
  proxy: number
}

export interface FleetPlan extends FleetOptions {
  visits: Visit[]
  disasters: Disaster[]
  /** What the proxies believe of the platform: they stop by themselves what idles this long. Seconds. */
  idleSeconds: number
  /** When the platform really ends what idles: later, so that it shows what the proxies stopped in time. Seconds. */
  platformIdleSeconds: number
  /** Cold starts of the platform. Milliseconds. */
  bootMs: { median: number; p99: number }
  /** The platform's quota: enough for all who come, and not for all who come at the busiest time. */
  newSessionsPerSecond: number
  /** What the proxies let warm-ups have of it: less than comes, so that some are refused however slow the machine is. */
  warmUpsPerSecond: number
}

export const proxyCount = 3

/** Draws what happens. Of a long run everything is slower, as it is in life. */
export function drawPlan(options: FleetOptions): FleetPlan {
  const { browsers, arriveForMs, seed } = options
  const random = seededRandom(seed)
  const isLong = arriveForMs >= 60_000
  const scale = isLong ? 5 : 1
  const perSecond = (browsers / arriveForMs) * 1_000
  const newSessionsPerSecond = Math.max(4, 1.25 * perSecond)
  const arrivals = arrivalTimesMs({ kind: 'poisson', perSecond, count: browsers, seed })
  return {
    ...options,
    visits: arrivals.map((atMs, browser) => drawVisit(browser, atMs, arriveForMs, random, scale)),
    disasters: drawDisasters(arriveForMs, random),
    idleSeconds: 3 * scale,
    platformIdleSeconds: isLong ? 60 : 7,
    bootMs: { median: 300 * scale, p99: 900 * scale },
    newSessionsPerSecond,
    // What messages start counts against it too, in a long run from its first minute on.
    warmUpsPerSecond: Math.max(1, Math.round(perSecond * (isLong ? 1 : 0.5))),
  }
}

function drawVisit(browser: number, atMs: number, arriveForMs: number, random: () => number, scale: number): Visit {
  const between = (least: number, most: number) => least + random() * (most - least)
  const count = Math.floor(random() * 4)
  const messages = Array.from({ length: count }, (_, index): PlannedMessage => {
    // Some users send before their session can be up.
    const thinkMs = index === 0 && random() < 0.3 ? between(0, 100) : between(100, 900) * scale
    const luck = random()
    const upset = luck < 0.02 ? 'fails' : luck < 0.03 ? 'crashes' : 'none'
    return { thinkMs, pieces: 1 + Math.floor(random() * 5), upset }
  })
  // A conversation whose page is gone lives as long as the platform lets it: not too near to the end.
  const mayVanish = count === 0 || atMs < arriveForMs / 2
  const leaving = random() < 0.15 && mayVanish ? 'vanish' : random() < 0.4 ? 'park' : 'close'
  const lingerMs = between(0, random() < 0.3 ? 2_500 : 400) * scale
  return { browser, atMs, messages, lingerMs, leaving, parkMs: between(300, 1_000) * scale, steals: random() < 0.03 }
}

/** One proxy is killed and Redis restarted in the middle; of a long run, in every minute. */
function drawDisasters(arriveForMs: number, random: () => number): Disaster[] {
  const rounds = Math.max(1, Math.floor(arriveForMs / 60_000))
  const roundMs = arriveForMs / rounds
  return Array.from({ length: rounds }, (_, round): Disaster[] => {
    const proxy = Math.floor(random() * proxyCount)
    return [
      { what: 'proxy-killed', atMs: roundMs * (round + 0.3), proxy },
      { what: 'redis-restarted', atMs: roundMs * (round + 0.6), proxy },
    ]
  }).flat()
}
