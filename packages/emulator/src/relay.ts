import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import type { CallFaults } from './chaos/create-chaos.ts'
import { hindrances } from './chaos/hindrances.ts'
import { failLate } from './chaos/rule-errors.ts'
import type { Clock } from './clock.ts'
import { headersForClient } from './headers.ts'
import { PlatformError } from './platform-errors.ts'
import type { VmAnswer } from './vm.ts'

/** How much of an agent's error is shown to the client, in characters. */
const shownOfError = 1_000

export interface RelaySetup {
  response: ServerResponse
  faults: CallFaults
  clock: Clock
  clientLeft: AbortSignal
}

/** Passes an agent's answer on, byte for byte as it comes. Throws the platform's error when the agent answered with one. */
export async function relay(answer: VmAnswer, { response, faults, clock, clientLeft }: RelaySetup): Promise<void> {
  const { status } = answer
  const body = answer.body instanceof Uint8Array ? Readable.from([answer.body]) : answer.body
  if (status < 200 || status > 299) {
    const text = await readStart(body)
    throw new PlatformError(
      'RuntimeClientError',
      `Received error (${status}) from runtime. ${text ? `It answered: ${text}` : 'Its answer was empty.'}`,
    )
  }
  if (faults.late) {
    // Only a handler that has run to its end was run for certain.
    await finished(body.resume()).catch(() => answer.settled())
    await failLate(faults.late, clock, clientLeft)
  }
  response.writeHead(200, headersForClient(answer.headers))
  // Now, not with the first byte: a stream may be silent for long.
  response.flushHeaders()
  try {
    const inTheWay = hindrances(faults, clock, clientLeft)
    if (inTheWay.length > 0) await pipeline([body, ...inTheWay, response])
    else if (answer.body instanceof Uint8Array) response.end(answer.body)
    else {
      body.pipe(response)
      await finished(body)
    }
  } catch {
    // The status is sent; a broken connection is the only way left to tell.
    await answer.settled()
    response.destroy()
  }
}

async function readStart(body: Readable): Promise<string> {
  let text = ''
  try {
    for await (const chunk of body.setEncoding('utf8')) {
      text += chunk
      if (text.length > shownOfError) break
    }
  } catch {
    // What has come is enough.
  }
  return text.slice(0, shownOfError)
}
