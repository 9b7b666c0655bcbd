import { WarmAgentError } from '@warm-agent/protocol'
import { writeBody } from '../write-body.ts'
import { toRequest } from './lambda-request.ts'
import { lambdaRuntime, type StreamingHandler } from './lambda-runtime.ts'

/** An answer is given up so long before Lambda ends the function. Milliseconds. */
const spareMs = 1_000

/**
 * Serves a Fetch handler from a Lambda function URL whose invoke mode is RESPONSE_STREAM.
 *
 * @note Lambda does not tell when the client has left: an answer is given up a second before the function's own timeout. One
 * that has begun is cut; instead of another the client gets the error `warm_up_timed_out`.
 * @throws Error outside of Lambda.
 * @example export const handler = toLambdaHandler(proxy.fetch)
 */
export function toLambdaHandler(handle: (request: Request) => Promise<Response>): StreamingHandler {
  const { streamifyResponse, HttpResponseStream } = lambdaRuntime()
  return streamifyResponse(async (event, stream, context) => {
    const timedOut = new AbortController()
    const endsInMs = Math.max(0, context.getRemainingTimeInMillis() - spareMs)
    const timer = setTimeout(() => timedOut.abort(timeIsOver()), endsInMs)
    try {
      const request = toRequest(event, timedOut.signal)
      const { status, headers, body } = request ? await handle(request) : new Response(null, { status: 400 })
      const cookies = headers.getSetCookie()
      const { 'set-cookie': _, ...others } = Object.fromEntries(headers)
      const outgoing = HttpResponseStream.from(stream, { statusCode: status, headers: others, cookies })
      // Without a first write, status and headers are never sent.
      outgoing.write('')
      // What the handler answers once its time is over tells that, and is short.
      const ending = timedOut.signal.aborted ? AbortSignal.timeout(spareMs / 2) : timedOut.signal
      if (body) await writeBody(body, outgoing, ending)
      // Thrown, not swallowed: Lambda then cuts the answer, so that nobody takes half for whole.
      ending.throwIfAborted()
      outgoing.end()
    } finally {
      clearTimeout(timer)
    }
  })
}

function timeIsOver(): WarmAgentError {
  const message = 'Could not answer: the time of the Lambda function is over. What was sent may have arrived.'
  return new WarmAgentError('warm_up_timed_out', message)
}
