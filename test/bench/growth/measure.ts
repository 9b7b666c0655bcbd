import { type AgentRuntime, createWarmProxy } from '@warm-agent/proxy'
import { quantile } from '../quantile.ts'
import { measureClaims } from './measure-claims.ts'
import { createVisitorInProcess } from './visitor-in-process.ts'

/** How the proxy's memory and time grow with the sessions that it holds. Prints JSON; run with --expose-gc. */
const counts = [1, 10, 100, 1_000, 10_000]
const probes = 200

const runtime: AgentRuntime = {
  qualifiers: ['DEFAULT'],
  idleTimeoutMs: 900_000,
  maxLifetimeMs: 28_800_000,
  invoke: async (_, { body }) => ({
    status: 200,
    contentType: 'application/json',
    body: new Response(body as Uint8Array<ArrayBuffer>).body as ReadableStream<Uint8Array>,
  }),
  stop: async () => {},
  warmUpRequest: nonce => ({
    body: new TextEncoder().encode(JSON.stringify({ type: 'warmup', nonce })),
    contentType: 'application/json',
    accept: 'application/json',
  }),
  // It keeps nothing, not even a nonce: the memory that is measured is the proxy's.
  readEcho: () => undefined,
}

const none = Number.POSITIVE_INFINITY
const proxy = createWarmProxy({
  runtime,
  // Ten thousand sessions within a second are not for a limit to refuse here; they are counted all the same.
  limits: {
    liveSessionsPerCaller: none,
    warmUpsPerCallerPerMinute: none,
    warmUpsPerSecond: none,
    warmUpsAtOnce: none,
    callsPerSecond: none,
    unsentDollarsPerDay: none,
  },
  authorize: request => ({ callerId: request.headers.get('x-caller') ?? '' }),
  secret: 'a secret that only this bench knows of',
})

/** One session is touched three times a second at most, so the clock goes on before each beat. */
const touchEveryMs = 350
const now = Date.now
let aheadMs = 0
Date.now = () => now() + aheadMs

const heldBytes = () => {
  for (let times = 0; times < 3; times++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

// Compilers and caches first.
for (let count = 0; count < 300; count++) {
  const visitor = createVisitorInProcess(proxy, `before-${count}`)
  await visitor.open()
  await visitor.send()
  await visitor.beat()
  await visitor.close()
}
const emptyBytes = heldBytes()
const rows = []
let held = 0
let visitor = createVisitorInProcess(proxy, 'nobody')
for (const sessions of counts) {
  for (; held < sessions; held++) {
    visitor = createVisitorInProcess(proxy, `caller-${held}`)
    await visitor.open()
  }
  const bytes = heldBytes() - emptyBytes
  const time = async (work: () => Promise<void>) => {
    const samples: number[] = []
    for (let probe = 0; probe < probes; probe++) {
      const startedAt = performance.now()
      await work()
      samples.push(performance.now() - startedAt)
    }
    return quantile(samples, 0.5)
  }
  rows.push({
    sessions,
    bytesPerSession: Math.max(0, Math.round(bytes / sessions)),
    beatMs: await time(() => {
      aheadMs += touchEveryMs
      return visitor.beat()
    }),
    messageMs: await time(visitor.send),
    openMs: await time(async () => {
      const other = createVisitorInProcess(proxy, 'one-more')
      await other.open()
      await other.close()
    }),
  })
}
await measureClaims(runtime, 100)
const claims: { sessions: number; claimMs: number }[] = []
for (const sessions of counts) claims.push({ sessions, claimMs: await measureClaims(runtime, sessions) })
process.stdout.write(`${JSON.stringify(rows.map((row, index) => ({ ...row, claimMs: claims[index]?.claimMs })))}\n`)
process.exit(0)
