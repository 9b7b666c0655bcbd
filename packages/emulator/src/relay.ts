import type { ServerResponse } from 'node:http'
import { Readable, Transform } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import type { Trouble } from './chaos/create-chaos.ts'
import { lateErrorOf } from './chaos/trouble.ts'
import { type Clock, delay } from './clock.ts'
import { headersForClient } from './headers.ts'
import { PlatformError } from './platform-errors.ts'
import type { VmAnswer } from './vm.ts'

/** How much of an agent's error is shown to the client, in characters. */
const shownOfError = 1_000

export interface RelaySetup {
  response: ServerResponse
  trouble: Trouble
  clock: Clock
  clientLeft: AbortSignal
}

/** Passes an agent's answer on, byte for byte as it comes. Throws the platform's error when the agent answered with one. */
export async function relay(answer: VmAnswer, { response, trouble, clock, clientLeft }: RelaySetup): Promise<void> {
  const { status } = answer
  const body = answer.body instanceof Uint8Array ? Readable.from([answer.body]) : answer.body
  if (status < 200 || status > 299) {
    const text = await readStart(body)
    throw new PlatformError(
      'RuntimeClientError',
      `Received error (${status}) from runtime. ${text ? `It answered: ${text}` : 'Its answer was empty.'}`,
    )
  }
  if (trouble.late) {
    // Only a handler that has run to its end was run for certain.
    await finished(body.resume()).catch(() => answer.settled())
    await delay(clock, trouble.late.ms ?? 0, clientLeft)
    throw lateErrorOf(trouble.late)
  }
  response.writeHead(200, headersForClient(answer.headers))
  // Now, not with the first byte: a stream may be silent for long.
  response.flushHeaders()
  try {
    if (trouble.cutAfter !== undefined || trouble.chunkMs > 0) {
      await pipeline(body, slowDown(trouble.chunkMs, clock, clientLeft), cutAfter(trouble.cutAfter), response)
    } else if (answer.body instanceof Uint8Array) response.end(answer.body)
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

function slowDown(chunkMs: number, clock: Clock, signal: AbortSignal): Transform {
  return new Transform({
    transform(chunk, _, done) {
      delay(clock, chunkMs, signal).then(() => done(null, chunk), done)
    },
  })
}

/** Passes so many bytes on, and then fails: at the end of a shorter answer. */
function cutAfter(most: number | undefined): Transform {
  let left = most ?? Number.POSITIVE_INFINITY
  const cut = new Error('The connection is cut (chaos).')
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const passed = chunk.subarray(0, left)
      left -= passed.length
      this.push(passed)
      if (left > 0) done()
      // What was passed is to leave this machine first.
      else setImmediate(done, cut)
    },
    flush: done => (most === undefined ? done() : done(cut)),
  })
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
