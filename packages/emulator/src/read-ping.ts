import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Ping } from './ping.ts'

/** An agent that takes longer has nothing to say this time. */
const patienceMs = 2_000

/** Asks a running agent how it is. @returns `undefined` when it does not answer, or with something that is no report. */
export async function readPing(port: number, signal: AbortSignal): Promise<Ping | undefined> {
  try {
    const ping: unknown = JSON.parse(await get(port, signal))
    return typeof ping === 'object' && ping !== null ? ping : undefined
  } catch {
    // What the platform does about an agent that fails its polls is not documented: nothing here.
    return undefined
  }
}

function get(port: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const ping = request({ host: '127.0.0.1', port, path: '/ping', agent: false, signal, timeout: patienceMs })
      .on('response', answer => void text(answer).then(resolve, reject))
      .on('timeout', () => ping.destroy(new Error('it took too long')))
      .on('error', reject)
      .end()
  })
}
