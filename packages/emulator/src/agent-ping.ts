import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Machine } from './engine.ts'
import type { Ping } from './ping.ts'

/** An agent that takes longer has nothing to say this time. */
const patienceMs = 2_000

/** What a machine is asked, for people: an agent may listen, but not there. */
export function describePing({ port }: Machine): string {
  return port === undefined ? 'GET /ping' : `GET http://127.0.0.1:${port}/ping`
}

/** Asks `/ping` until it answers 200: often at first, because many agents are up in no time. */
export async function waitUntilHealthy(port: number, signal: AbortSignal): Promise<void> {
  for (let pauseMs = 10; !(await isHealthy(port, signal)); pauseMs = Math.min(pauseMs * 1.5, 100)) {
    await sleep(pauseMs, undefined, { signal, ref: false })
  }
}

/** Asks a running agent how it is. @returns `undefined` when it does not answer, or with something that is no report. */
export async function readPing(port: number, signal: AbortSignal): Promise<Ping | undefined> {
  try {
    const ping: unknown = JSON.parse(await text(await getPing(port, signal)))
    return typeof ping === 'object' && ping !== null ? ping : undefined
  } catch {
    // What the platform does about an agent that fails its polls is not documented: nothing here.
    return undefined
  }
}

async function isHealthy(port: number, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await getPing(port, signal)
    answer.resume()
    return answer.statusCode === 200
  } catch {
    signal.throwIfAborted()
    return false
  }
}

function getPing(port: number, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const ping = request({ host: '127.0.0.1', port, path: '/ping', agent: false, signal, timeout: patienceMs })
      .on('response', resolve)
      .on('timeout', () => ping.destroy(new Error('it took too long')))
      .on('error', reject)
      .end()
  })
}
