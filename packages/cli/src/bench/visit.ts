import { randomUUID } from 'node:crypto'
import type { RuntimeSession } from '@warm-agent/proxy'
import { askForStamps } from './ask-for-stamps.ts'
import type { BenchPool } from './bench-pool.ts'
import type { Observation } from './observation.ts'
import { readAnswer } from './read-answer.ts'
import type { Rig } from './rig.ts'
import type { Sample } from './sample.ts'
import { type ScenarioName, scenarioPlans } from './scenarios.ts'
import { type MessageTiming, timeMessage } from './time-message.ts'
import { outcomeOf, serverTiming } from './visitor.ts'

export interface VisitOptions extends MessageTiming {
  scenario: ScenarioName
  /** The message to the agent, in JSON. */
  message: string
  /** How long after the page opened an early message comes. Milliseconds. */
  delayMs: number
  /** How many visitors there are at a time, in a closed loop. */
  crowd: number
}

const jsonRequest = { contentType: 'application/json', accept: 'text/event-stream, application/json' }

/** One visit: what comes before the message, the message, and the end of the session. */
export async function visit(rig: Rig, options: VisitOptions): Promise<Sample> {
  const { path } = scenarioPlans[options.scenario]
  if (path === 'pool' && rig.pool) return visitByPool(rig, rig.pool, options)
  return path === 'sdk' ? visitBySdk(rig, options) : visitByProxy(rig, options)
}

async function visitByProxy(rig: Rig, options: VisitOptions): Promise<Sample> {
  const { scenario, message, delayMs, dueAt, signal } = options
  const { before, sends } = scenarioPlans[scenario]
  const visitor = rig.visitor()
  let warmUp: Observation['warmUp'] = null
  try {
    return await timeMessage(options, {
      async prepare(preparing) {
        if (before === 'nothing') return undefined
        const openedAt = performance.now()
        const { warmed } = await visitor.open(signal)
        const settled = warmed.then(
          ended => {
            warmUp = ended
          },
          // A warm-up that fails costs the user nothing: the message goes cold, and its outcome says so.
          () => {},
        )
        if (sends === 'after the delay') return openedAt + delayMs
        // In an open loop the message does not wait for the warm-up. But a second message must come after a first.
        if (sends === 'once warm' && (dueAt === undefined || before === 'open-and-message')) await settled
        if (before === 'open-and-message') await (await visitor.send(message, preparing)).arrayBuffer()
        return undefined
      },
      async send(sending) {
        const response = await visitor.send(message, sending)
        const headersAt = performance.now()
        const contentType = response.headers.get('content-type') ?? ''
        const times = await readAnswer(response.body as unknown as AsyncIterable<Uint8Array>, contentType)
        return { headersAt, ...times, outcome: outcomeOf(response), proxy: serverTiming(response) }
      },
      async lookUp() {
        const session = await rig.sessionOf(visitor)
        return { warmUp, handler: session ? await askForStamps(rig.books.runtime, session) : null }
      },
    })
  } finally {
    // A session that could not be closed is in the books, and is stopped at the end.
    await visitor.close().catch(() => {})
  }
}

async function visitByPool(rig: Rig, pool: BenchPool, options: VisitOptions): Promise<Sample> {
  const { message, dueAt, crowd } = options
  const { runtime } = rig.books
  let session: RuntimeSession | undefined
  try {
    return await timeMessage(options, {
      async prepare(preparing) {
        // In a closed loop visitors come without a pause, faster than users: each waits until the pool could serve all of them.
        if (dueAt === undefined) await pool.untilReady(crowd, preparing)
        return undefined
      },
      async send(sending) {
        const dueToClaimAt = performance.now()
        const claimed = await pool.claim()
        const claimedAt = performance.now()
        session = claimed ?? rig.sdk.newSession()
        const body = new TextEncoder().encode(message)
        const answer = await runtime.invoke(session, { ...jsonRequest, body }, sending)
        const headersAt = performance.now()
        const times = await readAnswer(answer.body as unknown as AsyncIterable<Uint8Array>, answer.contentType)
        // Both claiming and joining are the wait before the agent is called.
        const proxy = { joinMs: claimedAt - dueToClaimAt, agentMs: headersAt - claimedAt }
        return { headersAt, ...times, outcome: claimed ? 'warm' : 'cold', proxy }
      },
      lookUp: async () => ({ warmUp: null, handler: session ? await askForStamps(runtime, session) : null }),
    })
  } finally {
    if (session) await rig.books.stop(session).catch(() => {})
  }
}

async function visitBySdk(rig: Rig, options: VisitOptions): Promise<Sample> {
  const { message, delayMs, signal } = options
  const session = rig.sdk.newSession()
  const call = (body: string, until: AbortSignal) =>
    rig.books.watch(session, () => rig.sdk.invoke(session, body, until))
  let pinged: Promise<unknown> | undefined
  try {
    return await timeMessage(options, {
      async prepare() {
        const openedAt = performance.now()
        const ping = JSON.stringify({ type: 'warmup', nonce: randomUUID() })
        // As in the samples, which do not look at the result of the ping.
        pinged = call(ping, signal).then(
          ({ body }) => readAnswer(body, ''),
          () => {},
        )
        return openedAt + delayMs
      },
      async send(sending) {
        const { contentType, body } = await call(message, sending)
        const headersAt = performance.now()
        return { headersAt, ...(await readAnswer(body, contentType)), outcome: 'direct', proxy: null }
      },
      lookUp: async () => ({ warmUp: null, handler: await askForStamps(rig.books.runtime, session) }),
    })
  } finally {
    await pinged
    await rig.books.stop(session).catch(() => {})
  }
}
