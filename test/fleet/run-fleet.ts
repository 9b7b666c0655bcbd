import { setMaxListeners } from 'node:events'
import { type Emulator, startEmulator } from '@warm-agent/emulator'
import { seededRandom } from '../bench/random.ts'
import { stopAll } from '../support/command.ts'
import { type RedisServer, startRedisProcess } from '../support/redis-process.ts'
import { visitFleet } from './browser.ts'
import { type Disaster, type FleetPlan, proxyCount } from './fleet-plan.ts'
import type { Happening, Observations } from './observations.ts'
import { type ProxyFleet, startProxyFleet } from './proxy-fleet.ts'
import { createRecordingAgent } from './recording-agent.ts'
import { createTally, type Tally } from './tally.ts'
import { waitUntil } from './wait-until.ts'

export interface FleetRun {
  /** Where `redis-server` is. */
  redisServerPath: string
  /** Further settings of the proxies, to see what breaks without what they have. */
  env?: Record<string, string>
  /** Aborts when whoever started it wants no more: what was seen until then is returned. */
  interrupted?: AbortSignal
  /** Hears now and then how it goes. */
  onProgress?: (progress: Progress) => void
}

export interface Progress {
  ranMs: number
  seen: Tally['seen']
  liveVms: number
}

/** Faults of the platform. Those of messages that nobody may send again come first. */
const finalFaults = [
  'late:504,rate=0.015,kind=message',
  'status:500,rate=0.015,kind=message',
  'reset:rate=0.01,kind=message',
]
const cuts = ['reset:30,rate=0.02,kind=message']
const passingFaults = [
  'throttle:0,rate=0.05,kind=message',
  'status:409,rate=0.03,kind=message',
  'slow:100,rate=0.1,kind=message',
  'slow:chunkMs=20,rate=0.05,kind=message',
  'throttle:0,rate=0.05,kind=warm-up',
  'late:504,rate=0.03,kind=warm-up',
  'reset:rate=0.03,kind=warm-up',
  'reset:20,rate=0.02,kind=warm-up',
  'replace-vm:rate=0.05,kind=beat',
  'reset:rate=0.05,kind=beat',
  'status:500,rate=0.04,kind=stop',
  'late:504,rate=0.04,kind=stop',
  'reset:rate=0.04,kind=stop',
]
const chaos = [...finalFaults, ...cuts, ...passingFaults].join(';')

const progressEveryMs = 5_000
const lookEveryMs = 100
/** Beyond the platform's own deadline nothing is waited for. */
const patienceMs = 5_000

/** Plays a plan against three real proxies, a real Redis and an emulator, and tells what was seen. */
export async function runFleet(plan: FleetPlan, setup: FleetRun): Promise<Observations> {
  const undos: (() => Promise<unknown>)[] = []
  try {
    return await run(plan, setup, undos)
  } finally {
    for (const undo of undos.reverse()) await undo()
  }
}

async function run(plan: FleetPlan, setup: FleetRun, undos: (() => Promise<unknown>)[]): Promise<Observations> {
  const { interrupted = new AbortController().signal, onProgress } = setup
  // Everybody who waits listens to it.
  setMaxListeners(0, interrupted)
  const { agent, runs } = createRecordingAgent()
  const redis = await startRedisProcess(setup.redisServerPath)
  undos.push(redis.stop)
  const emulator = await startEmulator({
    agent,
    boot: { kind: 'lognormal', medianMs: plan.bootMs.median, p99Ms: plan.bootMs.p99 },
    idleSeconds: plan.platformIdleSeconds,
    newSessionsPerSecond: plan.newSessionsPerSecond,
    seed: plan.seed,
    chaos,
  })
  // Also those that are just starting in the place of one that was killed.
  undos.push(emulator.close, stopAll)
  const fleet = await startProxyFleet(proxyCount, {
    ...emulator.env,
    WARM_AGENT_REDIS_URL: redis.url,
    AGENT_IDLE_TIMEOUT_SECONDS: `${plan.idleSeconds}`,
    WARM_AGENT_WARM_UPS_PER_SECOND: `${plan.warmUpsPerSecond}`,
    ...setup.env,
  })
  const tally = createTally()
  const happenings: Happening[] = []
  const startedAtMs = Date.now()
  const progress = setInterval(() => {
    onProgress?.({ ranMs: Date.now() - startedAtMs, seen: tally.seen, liveVms: emulator.sessions().length })
  }, progressEveryMs)
  undos.push(async () => clearInterval(progress))

  const random = seededRandom(plan.seed + 1)
  const tickets: string[] = []
  const playing = Promise.all([
    ...plan.visits.map(async visit => {
      await waitUntil(startedAtMs + visit.atMs, interrupted)
      if (interrupted.aborted) return
      await visitFleet(visit, { places: fleet.places, random, tally, interrupted, tickets })
    }),
    ...plan.disasters.map(async disaster => {
      await waitUntil(startedAtMs + disaster.atMs, interrupted)
      if (!interrupted.aborted) happenings.push(await strike(disaster, fleet, redis))
    }),
  ])
  // What goes wrong after an interruption is nobody's business; a failure before it ends the race.
  playing.catch(() => {})
  await Promise.race([playing, waitUntil(Number.POSITIVE_INFINITY, interrupted)])
  if (interrupted.aborted) {
    happenings.push({ what: 'interrupted', atMs: Date.now(), overAtMs: Number.POSITIVE_INFINITY })
    // A terminal interrupts the proxies too.
    for (const proxy of fleet.all) proxy.killedAtMs ??= Date.now()
  }
  await settle(emulator, plan, interrupted)
  const books = emulator.ledger()
  const died = fleet.all.filter(({ killedAtMs, process }) => killedAtMs === undefined && hasEnded(process.pid)).length
  const exits = interrupted.aborted ? [] : await fleet.stop()
  return { ...tally.seen, happenings, runs, books, faults: faultsOf(emulator), exits, died }
}

/** By the places of their rules. */
function faultsOf({ chaos }: Emulator): Observations['faults'] {
  const hits = chaos.list().map(({ hit }) => hit)
  const sum = (from: number, to: number) => hits.slice(from, to).reduce((all, each) => all + each, 0)
  const ofMessages = sum(0, finalFaults.length)
  return { ofMessages, cuts: sum(finalFaults.length, finalFaults.length + cuts.length) }
}

async function strike({ what, proxy }: Disaster, fleet: ProxyFleet, redis: RedisServer): Promise<Happening> {
  const atMs = Date.now()
  if (what === 'proxy-killed') await fleet.kill(proxy)
  else await redis.restart()
  return { what, atMs, overAtMs: Date.now() }
}

/** Waits until no VM lives, or one has outlived what even the platform allows. */
async function settle(emulator: Emulator, plan: FleetPlan, interrupted: AbortSignal): Promise<void> {
  const giveUpAtMs = Date.now() + plan.platformIdleSeconds * 1_000 + patienceMs
  while (emulator.sessions().length > 0 && Date.now() < giveUpAtMs && !interrupted.aborted) {
    await waitUntil(Date.now() + lookEveryMs, interrupted)
  }
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}
