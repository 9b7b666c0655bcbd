import { runInThisContext } from 'node:vm'
import { createWarmSession, type SessionEvent, type WarmSessionOptions } from '@warm-agent/client'
import { type EarlyScriptOptions, earlyScript } from '@warm-agent/client/early'
import type { Lease } from '@warm-agent/protocol'
import { createFakeEnvironment, settle } from '@warm-agent/testing'
import { onTestFinished, vi } from 'vitest'
import { later } from './later.ts'

const url = 'https://chat.example/room/7'
export const base = 'https://chat.example/api/agent'

/** An opening that has arrived at the proxy, and is answered when the test says so. */
interface Opening {
  url: string
  init: RequestInit
  body: unknown
  isAborted(): boolean
  refuse(status: number): Promise<void>
  /** The network is gone. */
  drop(): Promise<void>
  lease(change?: Partial<Lease>): Promise<void>
  warm(): Promise<void>
  end(): Promise<void>
  /** A lease, warm, and the end of the stream. */
  complete(): Promise<void>
}

interface World {
  isVisible?: boolean
  savesData?: boolean
  /** `sessionStorage`. */
  tab?: Map<string, string>
  /** `localStorage`. */
  spares?: Map<string, string>
  forbidsStorage?: boolean
  /** Held by other tabs. */
  locks?: string[]
  /** What becomes of each event on its way to the page. */
  cut?: (event: string) => string[]
}

/** A page as inline scripts find it: globals, of which the script and sessions see the same until the test is over. */
export function openPage({
  isVisible = true,
  savesData = false,
  tab = new Map(),
  spares = new Map(),
  forbidsStorage,
  locks = [],
  cut = event => [event],
}: World = {}) {
  onTestFinished(() => {
    for (const key of Object.keys(globalThis)) if (key.startsWith('warm-agent')) Reflect.deleteProperty(globalThis, key)
    vi.unstubAllGlobals()
  })
  const openings: Opening[] = []
  const beacons: [string, string][] = []
  const events = new EventTarget()

  vi.stubGlobal('self', globalThis)
  vi.stubGlobal('document', { baseURI: url, visibilityState: isVisible ? 'visible' : 'hidden' })
  vi.stubGlobal('navigator', {
    connection: { saveData: savesData },
    locks: { query: async () => ({ held: locks.map(name => ({ name })) }) },
    sendBeacon: (...beacon: [string, string]) => beacons.push(beacon),
  })
  vi.stubGlobal('sessionStorage', Object.fromEntries(tab))
  vi.stubGlobal('localStorage', Object.fromEntries(spares))
  if (forbidsStorage) {
    const get = () => {
      throw new DOMException('Access is denied', 'SecurityError')
    }
    Object.defineProperty(globalThis, 'sessionStorage', { get, configurable: true })
  }
  vi.stubGlobal('addEventListener', events.addEventListener.bind(events))
  vi.stubGlobal('fetch', async (target: string, init: RequestInit) => {
    init.signal?.throwIfAborted()
    if (!target.endsWith('/sessions')) return new Response(null, { status: 204 })
    const answer = later<Response>()
    openings.push(toOpening(target, init, answer, cut))
    return answer.promise
  })

  return {
    openings,
    beacons,
    tab,
    async run(options?: EarlyScriptOptions) {
      const { script } = await earlyScript(options)
      runInThisContext(script)
      await settle()
    },
    async leave() {
      events.dispatchEvent(new Event('pagehide'))
      await settle()
    },
    start(options: WarmSessionOptions = {}) {
      const seen: SessionEvent[] = []
      const environment = createFakeEnvironment({ url, tab })
      const session = createWarmSession({ environment, onEvent: event => seen.push(event), ...options })
      return {
        session,
        environment,
        types: () => seen.map(({ type }) => type),
        status: () => session.store.getState().status,
      }
    },
  }
}

const lease: Lease = { ticket: 'first', status: 'warming', beatMs: 9000, ttlMs: 15_000, holdMs: 90_000 }

const warm = { ...lease, ticket: 'second', status: 'warm', source: 'started', tookMs: 1, evidence: 'observed' }

function toOpening(
  url: string,
  init: RequestInit,
  answer: ReturnType<typeof later<Response>>,
  cut: (event: string) => string[],
): Opening {
  let write: ReadableStreamDefaultController<Uint8Array> | undefined
  const fail = (cause: unknown) => {
    answer.reject(cause)
    write?.error(cause)
  }
  init.signal?.addEventListener('abort', () => fail(init.signal?.reason))
  const say = (event: string, data: object) => {
    if (!write) {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          write = controller
        },
      })
      answer.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
    }
    for (const piece of cut(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) {
      write?.enqueue(new TextEncoder().encode(piece))
    }
    return turn()
  }
  const opening: Opening = {
    url,
    init,
    body: JSON.parse(init.body as string),
    isAborted: () => !!init.signal?.aborted,
    async refuse(status) {
      answer.resolve(new Response('{}', { status }))
      await turn()
    },
    async drop() {
      fail(new TypeError('network error'))
      await turn()
    },
    lease: change => say('lease', { ...lease, ...change }),
    warm: () => say('warm', warm),
    async end() {
      write?.close()
      await turn()
    },
    async complete() {
      await opening.lease()
      await opening.warm()
      await opening.end()
    },
  }
  return opening
}

/** Streams pass on what they are given in turns of the event loop. */
async function turn() {
  for (let round = 0; round < 10; round++) await new Promise(setImmediate)
}
