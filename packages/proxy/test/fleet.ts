import type { SessionLedger } from '@warm-agent/proxy'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/support/redis.ts'
import { createTestProxy } from './browser.ts'
import { ledgerKinds } from './ledgers.ts'

/** Where a page closes its session that may be back within half a minute. */
export const park = '/sessions/close?afterMs=30000'

/** Shorter than anything waits for Redis: what has come back by the end of a step is in time. */
const stepMs = 400

/** For each test of a file a fleet of its own, and time that is faked. Redis is real, and there for the whole file. */
export function prepareFleet() {
  let redis: RedisServer
  let probe: Redis
  let prefix = ''
  let fleets = 0
  let underWay = 0
  const closing: (() => unknown)[] = []

  beforeAll(async () => {
    redis = await startRedis()
    probe = new Redis(redis.url, { enableOfflineQueue: false, lazyConnect: true })
    await probe.connect()
    probe.on('error', () => {})
  })
  afterAll(async () => {
    probe.disconnect()
    await redis.stop()
  })
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    prefix = `fleet-${++fleets}`
  })
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  /** An instance of the fleet, with a connection to Redis of its own. */
  async function instance(options: Parameters<typeof createTestProxy>[0]) {
    const { ledger: uncounted, close } = await ledgerKinds.ioredis(redis.url, prefix)
    const ledger = counted(uncounted)
    closing.push(close)
    return {
      ...createTestProxy({ ledger, ...options }),
      ledger,
      /** As kill -9 would: it reaches nothing any more, and its lease runs out. */
      async die() {
        close()
        await probe.del(`{${prefix}}:lease`)
      },
    }
  }

  /** Counts what is under way to Redis. */
  function counted(ledger: SessionLedger): SessionLedger {
    return new Proxy(ledger, {
      get(target, name: keyof SessionLedger) {
        const method: (...args: never[]) => unknown = target[name]
        if (name === 'list') return method
        return async (...args: never[]) => {
          underWay++
          try {
            return await method(...args)
          } finally {
            underWay--
          }
        }
      },
    })
  }

  /**
   * Lets what is on its way to Redis come back, and what follows from it; what never comes back is not waited for.
   * Each turn takes a way to Redis: what other threads do, as to sign a ticket, needs real time.
   */
  async function settle(): Promise<void> {
    for (let turn = 0, quiet = 0; quiet < 4 && turn < 100; turn++) {
      await probe.ping().catch(() => undefined)
      await new Promise(resolve => setImmediate(resolve))
      quiet = underWay === 0 ? quiet + 1 : 0
    }
  }

  /** Lets the faked time pass; the real Redis answers in between. */
  async function pass(ms: number): Promise<void> {
    await settle()
    for (let passed = 0; passed < ms; passed += stepMs) {
      await vi.advanceTimersByTimeAsync(Math.min(stepMs, ms - passed))
      await settle()
    }
  }

  /** The same for a promise that waits for time. */
  async function during<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    promise.then(
      () => (isSettled = true),
      () => (isSettled = true),
    )
    while (!isSettled) await pass(100)
    return promise
  }

  return {
    instance,
    settle,
    pass,
    during,
    /** All keys of Redis that match, of whatever fleet. */
    keys: (pattern: string) => probe.keys(pattern),
    killRedis: () => redis.kill(),
    /** It comes back empty. */
    async restartRedis() {
      await redis.restart()
      await vi.waitUntil(() => probe.ping().catch(() => undefined), { timeout: 5_000 })
    },
  }
}
