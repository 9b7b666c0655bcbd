import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  type SpanStatus,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import type { AgentRuntime } from '@warm-agent/proxy'
import { createTelemetry } from '@warm-agent/proxy/opentelemetry'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { browserOf, createTestProxy, outcomeOf } from './browser.ts'
import { createFakeRuntime, failure, streamOf } from './fake-runtime.ts'

interface Seen {
  name: string
  attributes: Attributes
  parent: SpanContext | undefined
  own: SpanContext
  status?: SpanStatus
  isEnded: boolean
}

let spans: Seen[]
let counted: string[]

/** As much of an SDK as it takes to see what the API is told. */
beforeEach(() => {
  spans = []
  counted = []
  const storage = new AsyncLocalStorage<Context>()
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, call, thisArg, ...rest) => storage.run(active, () => call.call(thisArg as never, ...rest)),
    bind: (_, target) => target,
    enable: () => context as never,
    disable: () => context as never,
  })
  propagation.setGlobalPropagator({
    fields: () => ['traceparent'],
    inject(from, carrier, { set }) {
      const own = trace.getSpanContext(from)
      if (own && isSpanContextValid(own)) set(carrier, 'traceparent', `00-${own.traceId}-${own.spanId}-01`)
    },
    extract(to, carrier, { get }) {
      const [, traceId = '', spanId = ''] = String(get(carrier, 'traceparent') ?? '').split('-')
      return traceId ? trace.setSpanContext(to, { traceId, spanId, traceFlags: 1 }) : to
    },
  })
  const startSpan = (name: string, options: { attributes?: Attributes } = {}, from = context.active()) => {
    const parent = trace.getSpanContext(from)
    const traceId = parent?.traceId ?? 'f'.repeat(32)
    const own = { traceId, spanId: `${spans.length + 1}`.padStart(16, '0'), traceFlags: 1 }
    const seen: Seen = { name, attributes: { ...options.attributes }, parent, own, isEnded: false }
    spans.push(seen)
    return {
      spanContext: () => own,
      setAttribute(key: string, value: string) {
        seen.attributes[key] = value
      },
      setStatus(status: SpanStatus) {
        seen.status = status
      },
      end() {
        seen.isEnded = true
      },
    }
  }
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) } as never)
  const instrument = (name: string) => {
    const see = (value: number, labels: Attributes) => void counted.push(`${name} ${value} ${JSON.stringify(labels)}`)
    return { add: see, record: see }
  }
  metrics.setGlobalMeterProvider({
    getMeter: () => ({ createCounter: instrument, createHistogram: instrument }),
  } as never)
})
afterEach(() => {
  for (const api of [context, propagation, trace, metrics]) api.disable()
})

function start() {
  const fake = createFakeRuntime()
  const telemetry = createTelemetry()
  const toAgent: (string | undefined)[] = []
  const runtime = {
    ...fake.runtime,
    warmUpRequest: (nonce: string) => ({ ...fake.runtime.warmUpRequest(nonce), isWarmUp: true }),
    invoke: (...[session, request, ...rest]: Parameters<typeof fake.runtime.invoke>) => {
      toAgent.push(request.headers?.traceparent)
      return fake.runtime.invoke(session, request, ...rest)
    },
  }
  const { proxy } = createTestProxy({ runtime: telemetry.traceCalls(runtime), onEvent: telemetry.onEvent })
  return { ...fake, toAgent, ...browserOf({ fetch: telemetry.traceRequests(proxy.fetch) }) }
}

test('a trace that began in the browser goes through the proxy to the agent', async () => {
  const { send, toAgent } = start()
  const traceId = 'a'.repeat(32)
  const answer = await send('hi', undefined, { headers: { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` } })
  const [request, call] = spans
  expect(request).toMatchObject({ name: 'warm-agent message', parent: { traceId, spanId: 'b'.repeat(16) } })
  expect(call).toMatchObject({ name: 'warm-agent invoke', parent: request?.own, isEnded: true })
  expect(toAgent).toEqual([`00-${traceId}-${call?.own.spanId}-01`])

  expect(request?.isEnded).toBe(false)
  await answer.text()
  expect(request).toMatchObject({
    isEnded: true,
    attributes: { 'http.response.status_code': 200, 'warm_agent.outcome': outcomeOf(answer) },
  })
})

test('a path with a slash at its end is the same route', async () => {
  const { post } = start()
  await (await post('/messages/', { body: 'hi' })).text()
  expect(spans[0]).toMatchObject({ attributes: { 'warm_agent.route': 'message' } })
})

test('a span ends also when the page leaves, and one that failed says why in a word', async () => {
  const { send, answerWith, failNext } = start()
  answerWith(() => new ReadableStream({ pull: controller => controller.enqueue(new Uint8Array(1)) }))
  await (await send('hi')).body?.cancel()
  expect(spans.every(({ isEnded }) => isEnded)).toBe(true)

  answerWith(() => streamOf('one'))
  failNext(failure('agent', true))
  await (await send('hi')).text()
  const [request, call] = spans.slice(2)
  expect(request).toMatchObject({ isEnded: true, status: { code: SpanStatusCode.ERROR } })
  const status = { code: SpanStatusCode.ERROR }
  expect(call).toMatchObject({ isEnded: true, attributes: { 'error.type': 'agent' }, status })
})

test.each([
  [499, undefined],
  [500, SpanStatusCode.ERROR],
])('the span of a request that is answered with %i has the status %s', async (status, expected) => {
  const handle = createTelemetry().traceRequests(async () => new Response(null, { status }))
  await handle(new Request('http://chat.test/api/agent/messages', { method: 'POST' }))
  expect(spans.map(span => [span.isEnded, span.status?.code])).toEqual([[true, expected]])
})

test('what a stranger asks for is no name of a span', async () => {
  const { post } = start()
  await (await post('/ann/secret-words')).text()
  expect(spans).toMatchObject([{ name: 'warm-agent unknown', attributes: { 'warm_agent.route': 'unknown' } }])
  expect(JSON.stringify(spans)).not.toContain('secret-words')
})

test('a runtime that is a class with private parts and getters is traced like any other', async () => {
  class Runtime implements AgentRuntime {
    #fake = createFakeRuntime().runtime
    get qualifiers() {
      return this.#fake.qualifiers
    }
    get idleTimeoutMs() {
      return this.#fake.idleTimeoutMs
    }
    get maxLifetimeMs() {
      return this.#fake.maxLifetimeMs
    }
    invoke = (...words: Parameters<AgentRuntime['invoke']>) => this.#fake.invoke(...words)
    stop = (...words: Parameters<AgentRuntime['stop']>) => this.#fake.stop(...words)
    warmUpRequest(nonce: string) {
      return this.#fake.warmUpRequest(nonce)
    }
    readEcho(text: string) {
      return this.#fake.readEcho(text)
    }
  }
  const { openWarm, send } = createTestProxy({ runtime: createTelemetry().traceCalls(new Runtime()) })
  expect(outcomeOf(await send('hi', (await openWarm()).ticket))).toBe('warm')
  expect(spans.map(({ name }) => name)).toEqual(['warm-agent warm up', 'warm-agent invoke'])
})

test('warm-ups and stops are spans too, metrics follow the events, and nothing tells a caller or a session', async () => {
  const { openWarm, post } = start()
  const { ticket } = await openWarm()
  await post('/sessions/close', { ticket })
  await vi.waitFor(() => expect(spans.map(({ name }) => name)).toContain('warm-agent stop'))
  expect(spans.map(({ name }) => name)).toEqual([
    'warm-agent open',
    'warm-agent warm up',
    'warm-agent close',
    'warm-agent stop',
  ])
  expect(counted).toContain('warm_agent.warm_ups 1 {"agent":"default","endpoint":"DEFAULT","result":"warm"}')
  expect(counted.some(line => line.startsWith('warm_agent.warm_up '))).toBe(true)
  expect(JSON.stringify([spans, counted])).not.toMatch(/warm-[0-9a-f]{8}-|eyJ|ann/)
})

test('a traced runtime is told in whose name it stops a session, and until when', async () => {
  const { runtime } = createFakeRuntime()
  const stop = vi.fn(runtime.stop)
  const traced = createTelemetry().traceCalls({ ...runtime, stop })
  const authorize = () => ({ callerId: 'ann', bearer: 'token of ann' })
  const { openWarm, post } = createTestProxy({ runtime: traced, authorize })
  await post('/sessions/close', { ticket: (await openWarm()).ticket })
  const credentials = expect.objectContaining({ bearer: 'token of ann' })
  expect(stop).toHaveBeenCalledExactlyOnceWith(expect.anything(), expect.any(AbortSignal), credentials)
})
