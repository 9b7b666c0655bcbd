import type { Boot } from '@warm-agent/emulator'
import { createSimulatedRuntime, createVirtualClock } from '@warm-agent/emulator'
import { createWarmPool, memoryStore, type PoolTarget } from '@warm-agent/pool'
import { RuntimeFailure } from '@warm-agent/proxy'
import { seededRandom } from './random.ts'
import type { Played, Traffic } from './simulate-pool.ts'

/** How many of a second's claims the pool may warm anew: more than any traffic here needs, so that the target decides. */
const newSessionsPerSecond = 1_000

/** The first sessions are to be warm when the traffic begins. */
const leadMs = 60_000

/**
 * Plays the pool itself, on the emulator's simulated engine and its virtual clock: the same traffic and the same seed
 * give the same run. A claimed session is stopped at once: what its user does with it is not the pool's.
 */
export async function playPool(
  { durationMs, countedFromMs, rateAt, highestRate }: Traffic,
  target: PoolTarget | number,
  { seed, boot }: { seed: number; boot: Boot },
): Promise<Played> {
  const clock = createVirtualClock()
  const random = seededRandom(seed)
  const runtime = createSimulatedRuntime({
    clock,
    seed,
    boot,
    toFailure: ({ reason, message, ...details }) => new RuntimeFailure(reason, message, details),
  })
  const startedAt = clock.now()
  let held = 0
  let largest = 0
  let warmingMs = 0
  const pool = createWarmPool({
    runtime,
    store: memoryStore(),
    target: typeof target === 'number' ? target : onOwnTime(target, startedAt + leadMs),
    newSessionsPerSecond,
    clock,
    random,
    onEvent(event) {
      if (event.type === 'warm-up-started') largest = Math.max(largest, ++held)
      if (event.type === 'session-claimed' || event.type === 'session-retired') held--
      if (event.type === 'warm-up-succeeded') warmingMs += event.tookMs
    },
  })
  await pool.start()
  await clock.advance(leadMs)
  let before = pool.stats()
  let isCounting = false
  const interArrival = () => (-Math.log(1 - random()) / highestRate) * 1000
  for (let at = interArrival(); at < durationMs; at += interArrival()) {
    // Thinning: of arrivals at the highest rate, keep the share that the present rate has of it.
    if (random() * highestRate >= rateAt(at)) continue
    if (!isCounting && at >= countedFromMs) {
      isCounting = true
      await clock.advance(startedAt + leadMs + countedFromMs - clock.now())
      before = pool.stats()
      warmingMs = 0
    }
    await clock.advance(startedAt + leadMs + at - clock.now())
    const session = await pool.claim()
    if (session) void runtime.stop({ id: session.runtimeSessionId, qualifier: session.qualifier })
  }
  await clock.advance(startedAt + leadMs + durationMs - clock.now())
  const after = pool.stats()
  const heldSeconds = after.warmSeconds - before.warmSeconds
  // A warm-up counts when it ends, also one that began before the counting.
  const warmSeconds = Math.max(0, heldSeconds - warmingMs / 1000)
  const retired = (after.retiredUnused.surplus ?? 0) - (before.retiredUnused.surplus ?? 0)
  const closed = pool.close()
  await clock.run()
  await closed
  const hits = after.hits - before.hits
  return { claims: hits + after.misses - before.misses, hits, heldSeconds, warmSeconds, retired, largest }
}

/** A target that was made for a time that begins with the traffic. */
function onOwnTime(target: PoolTarget, trafficFrom: number): PoolTarget {
  return {
    sizeAt: nowMs => target.sizeAt(Math.max(0, nowMs - trafficFrom)),
    noteArrival: atMs => target.noteArrival?.(atMs - trafficFrom),
    noteReplenishment: tookMs => target.noteReplenishment?.(tookMs),
  }
}
