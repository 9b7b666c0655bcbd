import { Agent, request } from 'node:http'
import { startDataPlane } from './start-data-plane.ts'
import { buildPackages, startProcess } from './start-process.ts'

const streams = 2_000
const warmUps = 500
const atOnce = 50

interface Memory {
  rss: number
  heldBytes: number
}

/** What an answer costs in memory that has begun and says nothing for a while: of our proxy, beside a relay written by hand. */
export async function measureIdleStreams() {
  buildPackages()
  const plane = await startDataPlane()
  try {
    const relay = await measure('overhead/relay.ts', plane.env, '/')
    const proxy = await measure('overhead/proxy.ts', plane.env, '/api/agent/messages')
    return {
      streams,
      relay,
      proxy,
      heldRatio: ratio(proxy.heldKb, relay.heldKb),
      rssRatio: ratio(proxy.rssKb, relay.rssKb),
    }
  } finally {
    await plane.stop()
  }
}

async function measure(file: string, env: Record<string, string>, path: string) {
  const { line, nextLine, signal, stop } = await startProcess(file, env, ['--expose-gc'], { isPublished: true })
  const memory = async (): Promise<Memory> => {
    signal('SIGUSR2')
    return JSON.parse(await nextLine())
  }
  try {
    const url = `http://127.0.0.1:${line}${path}`
    // Compilers and connections first.
    await send(url, warmUps, '{"prompt":"hi"}')
    const before = await memory()
    await send(url, streams, '{"prompt":"idle"}')
    const after = await memory()
    const kb = (key: keyof Memory) => Math.round(((after[key] - before[key]) / streams / 1024) * 10) / 10
    return { heldKb: kb('heldBytes'), rssKb: kb('rss') }
  } finally {
    await stop()
  }
}

/** Sends messages, and waits for the first event of each answer. Who measures ends them, by leaving. */
async function send(url: string, count: number, body: string): Promise<void> {
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })
  const open = () =>
    new Promise<void>((resolve, reject) => {
      request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } })
        .on('response', response => {
          if (response.statusCode !== 200) {
            reject(new Error(`Could not measure: ${url} answered ${response.statusCode}.`))
          }
          // The process that answers is ended first.
          response.on('error', () => {}).once('data', () => resolve())
        })
        .on('error', reject)
        .end(body)
    })
  for (let opened = 0; opened < count; opened += atOnce) await Promise.all(Array.from({ length: atOnce }, open))
}

function ratio(one: number, other: number): number {
  return Math.round((one / other) * 100) / 100
}
