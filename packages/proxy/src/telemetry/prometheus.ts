import { Counter, Histogram, Registry } from 'prom-client'
import type { ProxyEvent } from '../proxy-event.ts'
import { refuseUnknown } from '../refuse-unknown.ts'
import { measured, measures } from './measures.ts'

/** Counts what a proxy tells, for Prometheus. */
export interface PrometheusMetrics {
  /** Give it to the proxy's `onEvent`, or call it from there. */
  onEvent(event: ProxyEvent): void
  /** `registry.metrics()` is what `/metrics` answers, `registry.contentType` its header. */
  readonly registry: Registry
}

/** From a warm answer (0.1 s) to the longest cold start of the platform (120 s). Seconds. */
const buckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120]

/**
 * Metrics of one process, by agent, endpoint, outcome and code: no callers, no sessions, so the number of series is small.
 * Needs `prom-client`.
 *
 * @param options `registry`: where they are kept. @default a registry of their own
 * @throws Error when an option is unknown.
 */
export function createPrometheusMetrics({
  registry = new Registry(),
  ...unknown
}: {
  registry?: Registry
} = {}): PrometheusMetrics {
  refuseUnknown(unknown, 'count for Prometheus', 'Give `registry`, or nothing.')
  const registers = [registry]
  const add = Object.fromEntries(
    Object.entries(measures).map(([word, { kind, help, labels }]) => {
      const about = { name: `warm_agent_${word}`, help, labelNames: labels, registers }
      if (kind === 'count') {
        const counter = new Counter(about)
        return [word, counter.inc.bind(counter)]
      }
      const histogram = new Histogram({ ...about, buckets })
      return [word, histogram.observe.bind(histogram)]
    }),
  )
  return {
    registry,
    onEvent(event) {
      for (const { name, value, labels } of measured(event)) add[name]?.(labels, value)
    },
  }
}
