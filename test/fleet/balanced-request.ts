import { type IncomingMessage, request } from 'node:http'
import type { FleetProxy } from './proxy-fleet.ts'

export interface BalancedRequest {
  path: string
  headers: Record<string, string>
  body?: string
}

/** What came of a request, and from whom. */
export interface Balanced {
  proxy: FleetProxy
  /** Absent when the connection broke before there was an answer: what had arrived nobody knows. */
  answer?: IncomingMessage
}

/** A load balancer asks again so much later when no proxy took the connection. Milliseconds. */
const askAgainMs = 50
const mostRounds = 100

/**
 * Sends a request to a proxy of the fleet, as a load balancer does: any of them, and another one where the connection was
 * refused, for then nothing was sent. What broke later is never sent again.
 */
export async function sendBalanced(
  places: readonly FleetProxy[],
  random: () => number,
  { path, headers, body = '' }: BalancedRequest,
): Promise<Balanced> {
  const first = Math.floor(random() * places.length)
  for (let round = 0; round < mostRounds; round++) {
    for (let step = 0; step < places.length; step++) {
      const proxy = places[(first + step) % places.length]
      if (!proxy) continue
      const answer = await post(proxy, path, headers, body)
      if (answer !== 'refused') return answer === 'broken' ? { proxy } : { proxy, answer }
    }
    await new Promise(resolve => setTimeout(resolve, askAgainMs))
  }
  throw new Error('Could not reach the fleet: no proxy takes connections. See what ended them.')
}

function post(
  { origin, agent }: FleetProxy,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<IncomingMessage | 'refused' | 'broken'> {
  return new Promise(resolve => {
    const outgoing = request(`${origin}/api/agent${path}`, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
    })
    outgoing.once('response', resolve)
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'broken'),
    )
    outgoing.end(body)
  })
}

/** @returns the body, and whether it came to its end. */
export async function readWhole(answer: IncomingMessage): Promise<{ text: string; isBroken: boolean }> {
  let text = ''
  try {
    for await (const chunk of answer.setEncoding('utf8')) text += chunk
    return { text, isBroken: !answer.complete }
  } catch {
    return { text, isBroken: true }
  }
}
