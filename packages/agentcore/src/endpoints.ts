import { RuntimeFailure, type RuntimeSession } from '@warm-agent/proxy'
import { type BreakerOptions, createBreaker } from './breaker.ts'
import type { PlatformCalls } from './platform-calls.ts'

/**
 * How new sessions are placed: on the first endpoint that is well, on those that are well in turn, or on the one of them
 * with the fewest warm-ups in flight.
 */
export type Spread = 'first' | 'round-robin' | 'least-warming'

/** The endpoints of one runtime in one region. */
export interface Site {
  /** What its endpoints' names have in front of the qualifier: nothing at home, else something that ends with a colon. */
  prefix: string
  arn: string
  region: string
  qualifiers: readonly string[]
  calls: PlatformCalls
}

/** What happened to an endpoint. */
export type EndpointEvent = {
  type: 'endpoint-opened' | 'endpoint-closed'
  /** As in {@link RuntimeSession.qualifier}. */
  qualifier: string
  atMs: number
}

interface Endpoint {
  /** As in {@link RuntimeSession.qualifier}. */
  readonly name: string
  readonly qualifier: string
  readonly site: Site
  /** Whether new sessions may be placed on it. */
  isUsable(): boolean
  /** How many warm-ups are in flight. */
  warming(): number
  /** Makes a call and notes what came of it. */
  run<T>(isWarmUp: boolean, call: () => Promise<T>): Promise<T>
}

export interface Endpoints {
  /**
   * The endpoint that the next new session goes to.
   *
   * @param refusedBy The names of those that have just refused it.
   */
  place(refusedBy?: readonly string[]): Endpoint
  /**
   * The endpoint of a session: where it was placed, even if the list has changed since.
   *
   * @throws RuntimeFailure `missing` when its region, or its ARN there, is served no longer.
   */
  of(session: RuntimeSession): Endpoint
}

/** @param sites The first is home, the others stand in for it in this order. */
export function createEndpoints(
  sites: readonly [Site, ...Site[]],
  spread: Spread,
  breakerOptions: BreakerOptions,
  onEvent: (event: EndpointEvent) => void,
): Endpoints {
  const [home] = sites
  const endpoints = new Map<string, Endpoint>()
  let turn = 0

  function endpointOf(site: Site, qualifier: string): Endpoint {
    const name = `${site.prefix}${qualifier}`
    const known = endpoints.get(name)
    if (known) return known
    const { isUsable, run } = createBreaker(breakerOptions, isUsable =>
      onEvent({ type: isUsable ? 'endpoint-closed' : 'endpoint-opened', qualifier: name, atMs: Date.now() }),
    )
    let warming = 0
    const endpoint: Endpoint = {
      name,
      qualifier,
      site,
      isUsable,
      warming: () => warming,
      async run(isWarmUp, call) {
        if (!isWarmUp) return run(false, call)
        warming++
        try {
          return await run(true, call)
        } finally {
          warming--
        }
      },
    }
    endpoints.set(name, endpoint)
    return endpoint
  }

  return {
    place(refusedBy = []) {
      for (const site of sites) {
        const usable = site.qualifiers
          .map(qualifier => endpointOf(site, qualifier))
          .filter(({ name, isUsable }) => isUsable() && !refusedBy.includes(name))
        const chosen = choose(usable, spread, turn)
        if (!chosen) continue
        turn++
        return chosen
      }
      // All are unwell, and home is asked: its refusal is the one that the user should see.
      return endpointOf(home, home.qualifiers[turn++ % home.qualifiers.length] as string)
    },

    of({ qualifier: name }) {
      const start = name.slice(0, name.lastIndexOf(':') + 1)
      // Earlier releases named a fallback by its region alone.
      const site = sites.find(({ prefix, region }) => start === prefix || (prefix && start === `${region}:`))
      if (site) return endpointOf(site, name.slice(start.length))
      throw new RuntimeFailure(
        'missing',
        `Could not reach the session: its fallback ${start.slice(0, -1)} is configured no more. Put its ARN back until its sessions have ended.`,
        { mayHaveRun: false },
      )
    },
  }
}

/** @param turn Of those that are equally good, this one. */
function choose(usable: readonly Endpoint[], spread: Spread, turn: number): Endpoint | undefined {
  switch (spread) {
    case 'first':
      return usable[0]
    case 'round-robin':
      return usable[turn % usable.length]
    case 'least-warming': {
      const fewest = Math.min(...usable.map(({ warming }) => warming()))
      const quiet = usable.filter(({ warming }) => warming() === fewest)
      return quiet[turn % quiet.length]
    }
    default:
      return spread satisfies never
  }
}
