import {
  type Context,
  context,
  type Histogram,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { headerNames } from '@warm-agent/protocol'
import type { AgentRuntime } from '../agent-runtime.ts'
import { canTakeLean, takesLean } from '../lean-request.ts'
import { overriding } from '../overriding.ts'
import type { ProxyEvent } from '../proxy-event.ts'
import { routeOf } from '../route-of.ts'
import { relayStream } from '../sessions/relay-stream.ts'
import { measured, measures } from './measures.ts'

/** Spans and metrics by the OpenTelemetry API. Without an SDK that is set up they cost next to nothing and go nowhere. */
export interface Telemetry {
  /** Give it to the proxy's `onEvent`, or call it from there: metrics. */
  onEvent(event: ProxyEvent): void
  /** Give it `proxy.fetch`, and its result to the host: a span for each request, until its answer has ended. */
  traceRequests(handle: Handle): Handle
  /** Give it the runtime, and its result to the proxy: a span for each call, whose `traceparent` the agent gets. */
  traceCalls(runtime: AgentRuntime): AgentRuntime
}

type Handle = (request: Request) => Promise<Response>

const scope = '@warm-agent/proxy'

/**
 * The proxy's part of a trace that began in the browser and goes on in the agent, by the propagator that the SDK is set up
 * with (W3C trace context is its default).
 *
 * @note Neither names nor attributes carry a caller, a ticket, a session id or words of a user.
 */
export function createTelemetry(): Telemetry {
  const tracer = trace.getTracer(scope)
  const meter = metrics.getMeter(scope)
  const record = Object.fromEntries(
    Object.entries(measures).map(([name, { kind, help: description }]) => {
      if (kind === 'count') {
        const counter = meter.createCounter(nameOf(name), { description })
        return [name, (value: number, labels: Record<string, string>) => counter.add(value, labels)]
      }
      const times: Histogram = meter.createHistogram(nameOf(name), { description, unit: 's' })
      return [name, (value: number, labels: Record<string, string>) => times.record(value, labels)]
    }),
  )

  return {
    onEvent(event) {
      for (const { name, value, labels } of measured(event)) record[name]?.(value, labels)
    },

    traceRequests(handle) {
      const traced: Handle = async request => {
        const route = routeOf(request) ?? 'unknown'
        const parent = propagation.extract(context.active(), request.headers, {
          get: (headers, name) => headers.get(name) ?? undefined,
          keys: headers => [...headers.keys()],
        })
        const span = tracer.startSpan(
          `warm-agent ${route}`,
          { kind: SpanKind.SERVER, attributes: { 'http.request.method': request.method, 'warm_agent.route': route } },
          parent,
        )
        const response = await context.with(trace.setSpan(parent, span), () => handle(request))
        const { status, body } = response
        span.setAttribute('http.response.status_code', status)
        const outcome = response.headers.get(headerNames.outcome)
        if (outcome) span.setAttribute('warm_agent.outcome', outcome)
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        if (!body) {
          span.end()
          return response
        }
        return new Response(
          relayStream({ body }, () => span.end()),
          response,
        )
      }
      return canTakeLean(handle) ? takesLean(traced) : traced
    },

    traceCalls(runtime) {
      const invoke: AgentRuntime['invoke'] = (session, request, ...rest) =>
        inSpan(request.isWarmUp ? 'warm-agent warm up' : 'warm-agent invoke', session.qualifier, ours => {
          const headers = { ...request.headers }
          propagation.inject(ours, headers)
          return runtime.invoke(session, { ...request, headers }, ...rest)
        })
      const stop: AgentRuntime['stop'] = (session, ...rest) =>
        inSpan('warm-agent stop', session.qualifier, () => runtime.stop(session, ...rest))
      return overriding(runtime, { invoke, stop })
    },
  }

  function inSpan<T>(name: string, endpoint: string, call: (ours: Context) => Promise<T>): Promise<T> {
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: { 'warm_agent.endpoint': endpoint } })
    const ours = trace.setSpan(context.active(), span)
    return context
      .with(ours, () => call(ours))
      .catch(error => {
        fail(span, error)
        throw error
      })
      .finally(() => span.end())
  }
}

/** Tells only the reason: the platform's words may quote what it was sent. */
function fail(span: Span, error: { name?: string; reason?: string }): void {
  span.setAttribute('error.type', error.reason ?? error.name ?? 'unknown')
  span.setStatus({ code: SpanStatusCode.ERROR })
}

function nameOf(measure: string): string {
  return `warm_agent.${measure.replace(/_(total|seconds)$/, '')}`
}
