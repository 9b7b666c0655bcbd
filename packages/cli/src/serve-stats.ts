import { createServer, type ServerResponse } from 'node:http'
import type { StatsReport } from '@warm-agent/proxy/stats'
import { listen } from './listen.ts'
import { renderStatsPage } from './report/stats-page.ts'

/** Reports what warming is worth: for one process from memory, for a fleet from Redis. */
interface Reporter {
  report(): StatsReport | Promise<StatsReport>
}

/**
 * Serves what warming is worth, on a port of its own that no visitor of the site should reach: `GET /stats` in JSON, and
 * `GET /` for people.
 *
 * @throws UsageError when the port cannot be had.
 */
export async function serveStats(stats: Reporter, { port, host }: { port: number; host: string }): Promise<URL> {
  const server = createServer(({ method, url = '' }, response) => {
    const [path] = url.split('?')
    if (method !== 'GET' || (path !== '/' && path !== '/stats')) {
      return send(response, 404, 'text/plain', 'Try / or /stats.\n')
    }
    const answer = (report: StatsReport) =>
      path === '/'
        ? send(response, 200, 'text/html; charset=utf-8', renderStatsPage(report))
        : send(response, 200, 'application/json', `${JSON.stringify(report, null, 2)}\n`)
    return Promise.resolve(stats.report()).then(answer, () =>
      // Not the error's own message: it may contain an address or a password.
      send(response, 503, 'text/plain', 'Could not read the statistics: Redis did not answer. Try again.\n'),
    )
  })
  // It must not keep the process alive when that has drained.
  return listen(server.unref(), { port, host }, '--warm-agent-admin-port')
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
}
