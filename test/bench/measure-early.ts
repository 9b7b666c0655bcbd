import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { warmAgentEarly } from '@warm-agent/client/vite'
import type { Browser } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { listenLocally } from '../support/listen-locally.ts'

export type Start = 'hook' | 'script'

/** A phone on 4G at the edge of a cell, as page-speed tools throttle for it. */
export const throttling = { cpuSlowdown: 6, downKbps: 1600, upKbps: 750, latencyMs: 150 }
const warmUpMs = 2900

/** The same page, built by Vite: its session is opened by the hook alone, or by the early script. */
async function buildPage(start: Start) {
  let hash = ''
  const csp = (given: string) => {
    hash = given
  }
  const output = (await build({
    configFile: false,
    root: fileURLToPath(new URL('early-page', import.meta.url)),
    logLevel: 'error',
    // Also under vitest, which says `test` in the environment.
    define: { 'process.env.NODE_ENV': '"production"' },
    oxc: { jsx: { development: false } },
    resolve: { conditions: ['@warm-agent/source', 'module', 'browser', 'production'] },
    build: { write: false },
    plugins: start === 'script' ? [warmAgentEarly({ csp })] : [],
  })) as Rolldown.RolldownOutput
  const files = new Map<string, Buffer>()
  for (const file of output.output) {
    files.set(`/${file.fileName}`, gzipSync(file.type === 'chunk' ? file.code : file.source))
  }
  return { files, hash }
}

/** A site that sends a strict policy, and plays the proxy: it keeps books and boots nothing. */
export async function startSite(start: Start) {
  const { files, hash } = await buildPage(start)
  const policy = `default-src 'self'; img-src data:; script-src 'self'${hash && ` '${hash}'`}`
  const openedAtMs: number[] = []
  const closes: string[] = []

  async function open(response: ServerResponse) {
    openedAtMs.push(performance.timeOrigin + performance.now())
    const lease = { ticket: `ticket-${openedAtMs.length}`, beatMs: 540_000, ttlMs: 900_000, holdMs: 900_000 }
    const say = (event: string, data: object) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    say('lease', { ...lease, status: 'warming' })
    await wait(warmUpMs)
    say('warm', { ...lease, status: 'warm', source: 'started', tookMs: warmUpMs, evidence: 'observed' })
    response.end()
  }

  async function close(request: IncomingMessage, response: ServerResponse) {
    const { 'warm-agent-ticket': ticket = await text(request) } = request.headers
    closes.push(`${request.url?.replace('/api/agent/sessions/', '')} ${ticket}`)
    response.writeHead(204).end()
  }

  const server = createServer((request, response) => {
    const url = request.url === '/' ? '/index.html' : request.url
    if (url === '/api/agent/sessions') return void open(response)
    if (url?.startsWith('/api/agent/sessions/close')) {
      return void close(request, response)
    }
    const file = files.get(url ?? '')
    if (!file) return response.writeHead(404).end()
    const type = url?.endsWith('.js') ? 'text/javascript' : 'text/html'
    const headers = { 'content-type': type, 'content-encoding': 'gzip', 'content-security-policy': policy }
    return response.writeHead(200, headers).end(file)
  })
  const { origin } = await listenLocally(server)

  return {
    url: origin,
    bundleBytes: [...files].reduce((sum, [name, { length }]) => sum + (name.endsWith('.js') ? length : 0), 0),
    openedAtMs,
    closes,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Visits the site with nothing cached. @returns how long after the navigation began each opening arrived at the site. */
export async function visit(browser: Browser, site: Awaited<ReturnType<typeof startSite>>): Promise<number[]> {
  const before = site.openedAtMs.length
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const devTools = await context.newCDPSession(page)
    await devTools.send('Emulation.setCPUThrottlingRate', { rate: throttling.cpuSlowdown })
    await devTools.send('Network.enable')
    await devTools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: throttling.latencyMs,
      downloadThroughput: (throttling.downKbps * 1000) / 8,
      uploadThroughput: (throttling.upKbps * 1000) / 8,
    })
    await page.goto(site.url)
    // Warm in the eyes of the hook: whatever it would have opened, it has opened by then.
    await page.locator('main[data-status=warm]').waitFor()
    const beganAtMs = await page.evaluate(() => performance.timeOrigin)
    return site.openedAtMs.slice(before).map(atMs => atMs - beganAtMs)
  } finally {
    await context.close()
  }
}
