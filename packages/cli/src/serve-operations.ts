import { createServer } from 'node:http'
import type { PrometheusMetrics } from '@warm-agent/proxy/prometheus'
import { listen } from './listen.ts'
import type { Readiness } from './readiness.ts'

/**
 * Serves what a cluster asks a process, on a port of its own: `/metrics` for Prometheus, `/livez` (it runs) and `/readyz`
 * (send it requests).
 *
 * @throws UsageError when the port cannot be had.
 */
export async function serveOperations(
  { registry }: PrometheusMetrics,
  readiness: Readiness,
  { port, host }: { port: number; host: string },
): Promise<URL> {
  const pages: Record<string, () => Promise<[status: number, type: string, text: string]>> = {
    '/metrics': async () => [200, registry.contentType, await registry.metrics()],
    '/livez': async () => [200, 'text/plain', 'ok\n'],
    async '/readyz'() {
      const why = await readiness.whyNot()
      return why === undefined ? [200, 'text/plain', 'ok\n'] : [503, 'text/plain', `not ready: ${why}\n`]
    },
  }
  const server = createServer(async ({ method, url = '' }, response) => {
    const page = pages[url.split('?')[0] ?? '']
    const isRead = method === 'GET' || method === 'HEAD'
    const [status, type, text] = (isRead && (await page?.())) || [
      404,
      'text/plain',
      'Try /metrics, /livez or /readyz.\n',
    ]
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
  })
  // It must not keep the process alive when that has drained.
  return listen(server.unref(), { port, host }, '--warm-agent-metrics-port')
}
