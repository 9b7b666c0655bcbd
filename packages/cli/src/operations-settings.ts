import type { AgentRuntime } from '@warm-agent/proxy'
import { createPrometheusMetrics } from '@warm-agent/proxy/prometheus'
import { collectDefaultMetrics } from 'prom-client'
import { createReadiness } from './readiness.ts'
import { serveOperations } from './serve-operations.ts'
import { integer, setting, type Values } from './settings.ts'

export const operationsSettings = {
  'warm-agent-metrics-port': setting(
    'PORT',
    '/metrics for Prometheus, /livez and /readyz for a cluster; a port of its own, for nobody outside',
    integer(0, 65_535, undefined),
    { variable: 'WARM_AGENT_METRICS_PORT', defaultText: 'none' },
  ),
  'warm-agent-metrics-host': setting('HOST', 'where that port listens', text => text ?? '127.0.0.1', {
    variable: 'WARM_AGENT_METRICS_HOST',
    defaultText: '127.0.0.1',
  }),
}

/** What the settings about operations add to the proxy. */
export function operationsFrom(values: Values<typeof operationsSettings>, runtime: AgentRuntime) {
  const { 'warm-agent-metrics-port': port, 'warm-agent-metrics-host': host } = values
  const metrics = createPrometheusMetrics()
  const readiness = createReadiness(runtime.check && (signal => runtime.check?.(signal) ?? Promise.resolve()))
  return {
    // Without the port nobody could read the metrics.
    onEvent: port === undefined ? () => {} : metrics.onEvent,
    drain: readiness.drain,
    /** @returns a line that tells the address, empty without the port. */
    async listen(): Promise<string> {
      if (port === undefined) return ''
      // Memory, event loop and the like, which every dashboard shows.
      collectDefaultMetrics({ register: metrics.registry })
      return `warm-agent metrics: ${(await serveOperations(metrics, readiness, { port, host })).origin}/metrics\n`
    },
  }
}
