import { WarmAgentError } from '@warm-agent/protocol'
import { warmAgentHandlers } from '@warm-agent/testing'
import type { SetupServer } from 'msw/node'
import { vi } from 'vitest'
import { browserOf, createTestProxy } from '../../proxy/test/browser.ts'
import { createFakeRuntime, failure } from '../../proxy/test/fake-runtime.ts'

export interface WorldOptions {
  warmUpMs?: number
  /** The platform has no room for a warm-up. */
  isFull?: boolean
  /** The agent fails at a message that comes without a warm-up. */
  isBroken?: boolean
  /** What the agent answers messages with. @default 200 */
  status?: number
  expireAfterMs?: number
}

interface World {
  fetch(request: Request): Promise<Response>
  /** The messages that reached the agent. */
  ran(): string[]
}

/** The real proxy, in this process, on a platform that is played. */
export function realWorld({ warmUpMs = 0, isFull, isBroken, status, expireAfterMs = 900_000 }: WorldOptions): World {
  const { runtime, failNext, log } = createFakeRuntime({ bootMs: warmUpMs, idleTimeoutMs: expireAfterMs })
  if (isFull) {
    failNext(async () => {
      if (warmUpMs > 0) await new Promise(resolve => setTimeout(resolve, warmUpMs))
      throw failure('quota', false, 1500)
    })
  }
  if (isBroken) failNext(failure('agent', true))
  const { invoke } = runtime
  runtime.invoke = async (session, request, signal) => {
    const answered = await invoke(session, request, signal)
    return status && !request.isWarmUp ? { ...answered, status } : answered
  }
  return {
    fetch: createTestProxy({ runtime }).proxy.fetch,
    ran: () => log.flatMap(line => /ran (.*)/.exec(line)?.[1] ?? []),
  }
}

/** The handlers, behind `fetch`, as a page meets them. */
export function fakeWorld(server: SetupServer, { isFull, isBroken, status, ...options }: WorldOptions): World {
  const failWith =
    isFull &&
    new WarmAgentError('quota_exceeded', 'Could not start the agent: too many sessions are running. Try again later.', {
      retryAfterMs: 1500,
    })
  const agentFailed = new WarmAgentError(
    'agent_failed',
    "Could not get an answer: the agent failed. See the agent's log before you send again.",
  )
  const answer = () => {
    if (isBroken) throw agentFailed
    return new Response('onetwo', { status: status ?? 200, headers: { 'content-type': 'text/event-stream' } })
  }
  const proxy = warmAgentHandlers({ ...options, answer, failWith: failWith || undefined })
  server.use(...proxy)
  return { fetch: request => fetch(request), ran: () => proxy.seen.messages.map(({ text }) => text) }
}

/** Lets real work (WebCrypto, streams) go on while the faked time passes in small steps. */
async function pass(ms: number): Promise<void> {
  // What is in the air lands first: it waits for the pool of threads that this waits for too.
  for (let round = 0; round < 20; round++) await crypto.subtle.digest('SHA-256', new Uint8Array(1))
  for (let passed = 0; passed < ms; passed += 50) {
    await vi.advanceTimersByTimeAsync(50)
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** A browser on a world, and a transcript of everything that it was answered. */
export function createPage({ fetch, ran }: World) {
  const transcript: object[] = []
  const browser = browserOf({
    async fetch(request) {
      const response = await fetch(request)
      // A page that has left hears nothing.
      if (request.signal.aborted) return response
      const { status, headers } = response
      const isJson = headers.get('content-type') === 'application/json'
      const body = isJson ? leveled(await response.clone().json()) : undefined
      transcript.push({ status, headers: Object.fromEntries([...headers].map(leveledHeader)), body })
      return response
    },
  })
  return {
    ...browser,
    ran,
    /** Opens a session, and leaves as a page does: it hears no more, and its request is aborted. */
    async visit() {
      const leaving = new AbortController()
      const { next, leave } = await browser.open({ signal: leaving.signal })
      const lease = await next()
      return {
        ticket: lease?.event === 'lease' ? lease.data.ticket : '',
        next,
        async leave() {
          leaving.abort()
          await leave().catch(() => undefined)
        },
      }
    },
    pass,
    /** The machine sleeps: the clock goes on, timers do not. */
    sleep: (ms: number) => vi.setSystemTime(Date.now() + ms),
    transcript,
  }
}

export type Page = ReturnType<typeof createPage>

/** Takes out what differs from one answer of the same proxy to the next, or names the package that answers. */
export function leveled(body: object): object {
  return JSON.parse(JSON.stringify(body).replace('@warm-agent/testing', '@warm-agent/proxy'), (key, value) => {
    if (key === 'ticket') return typeof value
    if (key === 'beatMs') return typeof value
    return value
  })
}

function leveledHeader([name, value]: [string, string]): [string, string] {
  if (name === 'warm-agent-ticket') return [name, 'string']
  if (name === 'server-timing') return [name, value.replace(/[\d.]+/g, '0')]
  return [name, value]
}
