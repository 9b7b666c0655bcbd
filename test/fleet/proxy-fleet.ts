import { Agent } from 'node:http'
import type { Started } from '../support/command.ts'
import { freePort } from '../support/free-port.ts'
import { startProxy } from '../support/start-proxy.ts'

/** One proxy, from its start to its end. What takes its place is another one. */
export interface FleetProxy {
  readonly origin: string
  readonly process: Started
  /** Its connections, kept alive as a load balancer keeps them. */
  readonly agent: Agent
  /** When it was killed, by the clock of this process. */
  killedAtMs?: number
}

export interface ProxyFleet {
  /** Those that are in their places now; a place whose proxy was killed has it until another one listens. */
  readonly places: readonly FleetProxy[]
  /** All that ever were. */
  readonly all: readonly FleetProxy[]
  /** Kills one with SIGKILL, and starts another one on its port. Resolves when that listens. */
  kill(place: number): Promise<void>
  /** Ends all with SIGTERM. @returns their exit statuses. */
  stop(): Promise<(number | null)[]>
}

/** Real `warm-agent proxy` processes, each on a port of its own. */
export async function startProxyFleet(count: number, env: Record<string, string>): Promise<ProxyFleet> {
  const all: FleetProxy[] = []

  async function start(port: number): Promise<FleetProxy> {
    const process = await startProxy({ ...env, PORT: `${port}` })
    const proxy = {
      origin: process.origin,
      process,
      agent: new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY }),
    }
    all.push(proxy)
    return proxy
  }

  const ports = await Promise.all(Array.from({ length: count }, freePort))
  const places = await Promise.all(ports.map(start))
  return {
    places,
    all,
    async kill(place) {
      const proxy = places[place]
      if (!proxy) throw new Error(`Could not kill proxy ${place}: there are ${places.length}. Name one of them.`)
      proxy.killedAtMs = Date.now()
      await proxy.process.stop('SIGKILL')
      // Before another one listens there: its connections are not to be cut.
      proxy.agent.destroy()
      places[place] = await start(ports[place] ?? 0)
    },
    async stop() {
      for (const { agent } of places) agent.destroy()
      return Promise.all(places.map(({ process }) => process.stop()))
    },
  }
}
