import type { ProxyEvent } from '../proxy-event.ts'
import { type MeasureName, measured, measures } from './measures.ts'

/** Counts what a proxy tells, for Prometheus. */
export interface PrometheusMetrics {
  /** Give it to the proxy's `onEvent`, or call it from there. */
  onEvent(event: ProxyEvent): void
  /** The metrics in Prometheus' text format. */
  text(): string
  /** For the header of that answer. */
  readonly contentType: string
}

/** From a warm answer (0.1 s) to the longest cold start of the platform (120 s). Seconds. */
const buckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120]
const prefix = 'warm_agent_'

interface Series {
  labels: string
  /** Of a count the count, of times their sum. */
  sum: number
  /** How many times there were in each bucket, and beyond the last. */
  inBucket: number[]
}

/**
 * Metrics of one process, by agent, endpoint, outcome and code: no callers, no sessions, so the number of series is small.
 *
 * @note The text format 0.0.4, which every Prometheus reads: https://prometheus.io/docs/instrumenting/exposition_formats
 */
export function createPrometheusMetrics(): PrometheusMetrics {
  const startedAt = Date.now() / 1000
  const seriesOf = new Map<MeasureName, Map<string, Series>>()

  function seriesFor(name: MeasureName, labels: Readonly<Record<string, string>>): Series {
    const family = seriesOf.get(name) ?? new Map<string, Series>()
    seriesOf.set(name, family)
    const key = Object.entries(labels)
      .map(([label, value]) => `${label}="${escaped(value)}"`)
      .join(',')
    const known = family.get(key) ?? { labels: key, sum: 0, inBucket: buckets.concat(0).map(() => 0) }
    family.set(key, known)
    return known
  }

  return {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    onEvent(event) {
      for (const { name, value, labels } of measured(event)) {
        const series = seriesFor(name, labels)
        series.sum += value
        const index = buckets.findIndex(most => value <= most)
        const bucket = index < 0 ? buckets.length : index
        series.inBucket[bucket] = (series.inBucket[bucket] ?? 0) + 1
      }
    },
    text() {
      const lines = Object.entries(measures).flatMap(([name, { kind, help }]) => [
        `# HELP ${prefix}${name} ${help}`,
        `# TYPE ${prefix}${name} ${kind === 'time' ? 'histogram' : 'counter'}`,
        ...[...(seriesOf.get(name as MeasureName)?.values() ?? [])].flatMap(series =>
          kind === 'time' ? histogram(name, series) : [`${prefix}${name}{${series.labels}} ${series.sum}`],
        ),
      ])
      return `${[...lines, ...processLines(startedAt)].join('\n')}\n`
    },
  }
}

function histogram(name: string, { labels, sum, inBucket }: Series): string[] {
  let below = 0
  const rows = inBucket.map((many, index) => {
    below += many
    return `${prefix}${name}_bucket{${labels},le="${buckets[index] ?? '+Inf'}"} ${below}`
  })
  return [...rows, `${prefix}${name}_sum{${labels}} ${sum}`, `${prefix}${name}_count{${labels}} ${below}`]
}

/** What every dashboard of a process begins with, by the names that Prometheus' own clients use. */
function processLines(startedAt: number): string[] {
  const usage = globalThis.process?.memoryUsage?.()
  return [
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${startedAt}`,
    ...(usage ? ['# TYPE process_resident_memory_bytes gauge', `process_resident_memory_bytes ${usage.rss}`] : []),
  ]
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}
