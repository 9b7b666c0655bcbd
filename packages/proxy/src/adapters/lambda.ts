import { writeBody } from '../write-body.ts'
import { type FunctionUrlEvent, lambdaRuntime, type StreamingHandler } from './lambda-runtime.ts'

/** An answer is given up so long before Lambda ends the function. Milliseconds. */
const spareMs = 1_000

/**
 * Serves a Fetch handler from a Lambda function URL whose invoke mode is RESPONSE_STREAM.
 *
 * @note Lambda does not tell when the client has left: an answer is given up a second before the function's own timeout.
 * @throws Error outside of Lambda.
 * @example export const handler = toLambdaHandler(proxy.fetch)
 */
export function toLambdaHandler(handle: (request: Request) => Promise<Response>): StreamingHandler {
  const { streamifyResponse, HttpResponseStream } = lambdaRuntime()
  return streamifyResponse(async (event, stream, context) => {
    const timedOut = new AbortController()
    const endsInMs = Math.max(0, context.getRemainingTimeInMillis() - spareMs)
    const timer = setTimeout(() => timedOut.abort(new Error('The time of the Lambda function is over.')), endsInMs)
    try {
      const { status, headers, body } = await handle(toRequest(event, timedOut.signal))
      const cookies = headers.getSetCookie()
      const { 'set-cookie': _, ...others } = Object.fromEntries(headers)
      const outgoing = HttpResponseStream.from(stream, { statusCode: status, headers: others, cookies })
      // Without a first write, status and headers are never sent.
      outgoing.write('')
      if (body) await writeBody(body, outgoing, timedOut.signal)
      // Thrown, not swallowed: Lambda then cuts the answer, so that nobody takes half for whole.
      timedOut.signal.throwIfAborted()
      outgoing.end()
    } finally {
      clearTimeout(timer)
    }
  })
}

function toRequest(event: FunctionUrlEvent, signal: AbortSignal): Request {
  const { rawPath, rawQueryString, requestContext, cookies, body, isBase64Encoded } = event
  const headers = new Headers()
  for (const [name, value] of Object.entries(event.headers)) if (value !== undefined) headers.set(name, value)
  if (cookies?.length) headers.set('cookie', cookies.join('; '))
  return new Request(`https://${requestContext.domainName}${rawPath}${rawQueryString && `?${rawQueryString}`}`, {
    method: requestContext.http.method,
    headers,
    signal,
    ...(body && { body: isBase64Encoded ? Buffer.from(body, 'base64') : body }),
  })
}
