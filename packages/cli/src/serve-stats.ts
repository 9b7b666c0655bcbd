import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Stats } from '@warm-agent/proxy/stats'
import { renderStatsPage } from './report/stats-page.ts'
import { UsageError } from './usage-error.ts'

/**
 * Serves what warming is worth, on a port of its own that no visitor of the site should reach: `GET /stats` in JSON, and
 * `GET /` for people.
 *
 * @throws UsageError when the port cannot be had.
 */
export async function serveStats(stats: Stats, { port, host }: { port: number; host: string }): Promise<URL> {
  const server = createServer(({ method, url }, response) => {
    const answer = (status: number, type: string, text: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
    if (method !== 'GET' || (url !== '/' && url !== '/stats')) return answer(404, 'text/plain', 'Try / or /stats.\n')
    const report = stats.report()
    return url === '/'
      ? answer(200, 'text/html; charset=utf-8', renderStatsPage(report))
      : answer(200, 'application/json', `${JSON.stringify(report, null, 2)}\n`)
  })
  try {
    await once(server.listen(port, host), 'listening')
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'it is in use' : (cause as Error).message
    throw new UsageError(`Could not listen on ${host}:${port}: ${why}. Choose another --warm-agent-admin-port.`, {
      cause,
    })
  }
  // It must not keep a process alive that has drained.
  server.unref()
  const name = host.includes(':') ? `[${host}]` : host
  return new URL(`http://${name}:${(server.address() as AddressInfo).port}`)
}
