import { type Boot, bootSampler } from './boot.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

/** What the next VM of an endpoint starts from. */
export interface PlannedBoot {
  /** The provisioning delay in milliseconds. */
  delayMs: number
  /** Whether a pre-warmed instance serves it. */
  isPreWarmed: boolean
}

export interface BootPlanSetup {
  boot: Boot
  preWarmedBoot: Boot
  /** Pre-warmed instances of every endpoint. */
  preWarmed: number
  refillSeconds: number
  seed: number
  /** When the endpoints were created, and their pre-warmed instances with them. */
  startAt: number
}

/**
 * Draws the boots of a runtime. An endpoint's pre-warmed instances are made when it is created or moved to another
 * version, serve the first starts, and are replaced one after the other.
 */
export function createBootPlan(setup: BootPlanSetup): (endpoint: string, now: number) => PlannedBoot {
  const { preWarmed, refillSeconds, seed, startAt } = setup
  const drawCold = bootSampler(setup.boot, seed)
  const drawPreWarmed = bootSampler(setup.preWarmedBoot, `${seed}/pre-warmed`)
  const instances = new Map<string, TokenBucket>()

  function takeInstance(endpoint: string, now: number): boolean {
    if (preWarmed === 0) return false
    let bucket = instances.get(endpoint)
    if (!bucket) {
      bucket = createTokenBucket(preWarmed, 1 / refillSeconds, startAt)
      instances.set(endpoint, bucket)
    }
    return bucket.take(now) === 0
  }

  return (endpoint, now) => {
    const isPreWarmed = takeInstance(endpoint, now)
    return { isPreWarmed, delayMs: isPreWarmed ? drawPreWarmed() : drawCold() }
  }
}
