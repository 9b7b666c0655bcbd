import './one-realm.ts'
import { createWarmSession, type SessionEvent, type SessionSnapshot, type WarmSessionOptions } from '@warm-agent/client'
import type { AgentRuntime } from '@warm-agent/proxy'
import { vi } from 'vitest'
import { createTestProxy, outcomeOf } from '../../packages/proxy/test/browser.ts'
import { createFakeRuntime, failure, streamOf } from '../../packages/proxy/test/fake-runtime.ts'

/** What a library and its agent say to each other. */
export interface ChatProtocol {
  /** What the user said last, found in the body that the library sends. */
  // biome-ignore lint/suspicious/noExplicitAny: each library's body has a shape of its own
  questionIn(body: any): string
  /** The agent's answer, chunk by chunk. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  answer(text: string, body: any): string[]
}

/** A chat in a page: a library that was given the hand-off, and the session. */
export interface Chat {
  say(text: string): void
  /** The library's own stop button. */
  stop(): void
  /** All that the library shows of the agent's answers. */
  shown(): string
  session(): Pick<SessionSnapshot, 'status' | 'outcome'>
  leave(): Promise<void>
}

/** `greeting` is said in the page's first effect, before the user could do anything. */
export type OpenChat = (page: ChatPage, greeting?: string) => Chat

export type ChatPage = ReturnType<typeof openPage>

interface Message {
  credentials: string
  /** What the header of its answer told. */
  outcome: string | null
  /** It has come as far as the proxy, which makes it wait for the warm-up. */
  isWaiting: boolean
}

/** How tests look for what they wait for. */
export const patience = { interval: 2, timeout: 5000 }

let pages = 0

/** A page on the real client and the real proxy, with a platform and a network that the test holds up as it likes. */
export function openPage(
  protocol: ChatProtocol,
  { origin = location.origin, warmOn = 'open' as 'open' | 'manual' } = {},
) {
  const platform = createFakeRuntime()
  const opening = createGate()
  const boot = createGate()
  const basePath = `/api/agent-${++pages}`
  const endpoint = origin + basePath
  const accepted: string[] = []
  const messages: Message[] = []
  const events: SessionEvent[] = []
  let asked = 0
  let isOpeningLost = false

  const runtime: AgentRuntime = {
    ...platform.runtime,
    async invoke(session, request, signal) {
      const text = new TextDecoder().decode(request.body)
      if (text.startsWith('warm ')) {
        await boot.isOpen
        return platform.runtime.invoke(session, request, signal)
      }
      const body = JSON.parse(text)
      const question = protocol.questionIn(body)
      accepted.push(request.accept)
      const answer = await platform.runtime.invoke(
        session,
        { ...request, body: new TextEncoder().encode(question) },
        signal,
      )
      return { ...answer, body: streamOf(...protocol.answer(`You said ${question}.`, body)) }
    },
  }
  const { proxy } = createTestProxy({ runtime, basePath })

  /** The chat route of an app that invokes the agent itself: everything that is not the proxy's. */
  async function chatRoute(request: Request): Promise<Response> {
    const session = await proxy.session(request)
    if (!session) return new Response(null, { status: 401 })
    const { runtimeSessionId: id, qualifier } = session
    const body = new Uint8Array(await request.arrayBuffer())
    const answer = await runtime.invoke(
      { id, qualifier },
      { body, contentType: '', accept: 'text/event-stream' },
      request.signal,
    )
    return new Response(answer.body, { headers: { 'content-type': answer.contentType, ...session.headers } })
  }

  /** The network: it ends where the caller's signal says so, also in the middle of an answer. */
  const carry: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(String(input), document.baseURI), init)
    const { pathname } = new URL(request.url)
    const isMessage = !pathname.startsWith(basePath) || pathname === `${basePath}/messages`
    const left = rejectionOf(request.signal)
    const message: Message = { credentials: request.credentials, outcome: null, isWaiting: false }
    if (isMessage) messages.push(message)
    if (pathname === `${basePath}/sessions`) {
      await Promise.race([opening.isOpen, left])
      if (isOpeningLost) throw new TypeError('Failed to fetch')
    }
    // Whoever waits in the proxy listens for the page's leaving.
    vi.spyOn(request.signal, 'addEventListener').mockImplementationOnce((...args) => {
      message.isWaiting = true
      request.signal.addEventListener(...args)
    })
    const answering = pathname.startsWith(basePath) ? proxy.fetch(request) : chatRoute(request)
    const answer = await Promise.race([answering, left])
    message.outcome = outcomeOf(answer)
    return new Response(answer.body?.pipeThrough(new TransformStream(), { signal: request.signal }), answer)
  }

  return {
    options: { endpoint, warmOn, fetch: carry, onEvent: event => events.push(event) } satisfies WarmSessionOptions,
    /** Where the proxy takes messages. */
    api: `${endpoint}/messages`,
    /** The session's own `fetch`; the page only notes that the library has called it. */
    lend:
      (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
      (input, init) => {
        asked++
        return fetch(input, init)
      },
    letOpen: opening.open,
    letBoot: boot.open,
    failWarmUp: () => platform.failNext(failure('refused')),
    loseOpening() {
      isOpeningLost = true
      opening.open()
    },
    until: (condition: () => unknown) => vi.waitUntil(condition, patience),
    happened: (type: SessionEvent['type']) => events.some(event => event.type === type),
    /** How often the library has called `fetch`. */
    asked: () => asked,
    /** The messages that the network has seen. */
    messages,
    /** What the agent was asked to answer with. */
    accepted,
    log: platform.log,
  }
}

/** What a library's own code does with a `fetch`. What it rejects with is the user's stop, or shows as a missing answer. */
export interface BareChat {
  say(text: string): Promise<unknown>
  stop(): void
  shown(): string
}

/** For clients without React. */
export function openInPage(start: (fetch: typeof globalThis.fetch, page: ChatPage) => BareChat): OpenChat {
  return (page, greeting) => {
    const session = createWarmSession(page.options)
    const chat = start(page.lend(session.fetch), page)
    const say = (text: string) => void chat.say(text).catch(() => {})
    const leave = session.mount()
    if (greeting) say(greeting)
    return {
      ...chat,
      say,
      session: session.store.getState,
      async leave() {
        await session.close()
        leave()
      },
    }
  }
}

/** Events as `EventSource` would read them. */
export function sse(data: unknown, event?: string): string {
  return `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

function createGate() {
  let open = () => {}
  const isOpen = new Promise<void>(resolve => {
    open = resolve
  })
  return { isOpen, open }
}

/** Rejects as `fetch` does when its signal is aborted. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_, reject) => {
    signal.throwIfAborted()
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  rejection.catch(() => {})
  return rejection
}
