import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { headersForClient } from './headers.ts'
import { PlatformError } from './platform-errors.ts'
import type { VmAnswer } from './vm.ts'

/** How much of an agent's error is shown to the client, in characters. */
const shownOfError = 1_000

/** Passes an agent's answer on, byte for byte as it comes. Throws the platform's error when the agent answered with one. */
export async function relay(answer: VmAnswer, response: ServerResponse): Promise<void> {
  const { status, body } = answer
  if (status < 200 || status > 299) {
    const text = await readStart(body)
    throw new PlatformError(
      'RuntimeClientError',
      `Received error (${status}) from runtime. ${text ? `It answered: ${text}` : 'Its answer was empty.'}`,
    )
  }
  response.writeHead(200, headersForClient(answer.headers))
  // Now, not with the first byte: a stream may be silent for long.
  response.flushHeaders()
  body.pipe(response)
  try {
    await finished(body)
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
