import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'
import { launchBrowser } from '../support/launch-browser.ts'
import { listenLocally } from '../support/listen-locally.ts'

/** Beats come this often, so that a short while holds as many as hours do. */
const beatMs = 250
const beatsToSee = 30

/** How often a component renders while its session is held, beat after beat. */
export async function measureRenders() {
  const { output } = (await build({
    configFile: false,
    root: fileURLToPath(new URL('holding-page', import.meta.url)),
    logLevel: 'error',
    resolve: { conditions: ['@warm-agent/source', 'module', 'browser', 'production'] },
    build: { write: false },
  })) as Rolldown.RolldownOutput
  const files = new Map(output.map(file => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]))
  const lease = { ticket: 'ticket', status: 'warm', beatMs, ttlMs: 900_000, holdMs: 900_000 }
  let beats = 0
  const server = createServer((request, response) => {
    if (request.url === '/api/agent/sessions') {
      response.setHeader('content-type', 'text/event-stream')
      const warm = { ...lease, source: 'started', tookMs: 1, evidence: 'observed' }
      response.end(`event: lease\ndata: ${JSON.stringify(lease)}\n\nevent: warm\ndata: ${JSON.stringify(warm)}\n\n`)
      return
    }
    if (request.url === '/api/agent/sessions/beat') {
      beats += 1
      response.setHeader('content-type', 'application/json').end(JSON.stringify(lease))
      return
    }
    const file = files.get(request.url === '/' ? '/index.html' : (request.url ?? ''))
    response.setHeader('content-type', request.url?.endsWith('.js') ? 'text/javascript' : 'text/html')
    response.writeHead(file === undefined ? 404 : 200).end(file)
  })
  const { origin } = await listenLocally(server)
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage()
    await page.goto(origin)
    await page.locator('main[data-status=warm]').waitFor({ state: 'attached' })
    const count = () => page.evaluate(() => Reflect.get(globalThis, 'renders') as number)
    const [rendersBefore, beatsBefore] = [await count(), beats]
    const until = performance.now() + 60_000
    while (beats < beatsBefore + beatsToSee && performance.now() < until) await page.waitForTimeout(beatMs)
    return { beats: beats - beatsBefore, renders: (await count()) - rendersBefore }
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
  }
}
