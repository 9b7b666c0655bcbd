export const readBytes: unique symbol = Symbol('warm-agent: read bytes')

/**
 * What the proxy itself needs of a request. To make one of Node's Requests, and to read its body as a web stream, costs more
 * than everything else that is done for a message.
 */
export interface LeanRequest extends Pick<Request, 'url' | 'method' | 'headers' | 'signal'> {
  /** @returns the body, or `undefined` as soon as it is known to be longer than `maxBytes`. */
  [readBytes](maxBytes: number): Promise<Uint8Array | undefined>
}

export function isLean(request: object): request is LeanRequest {
  return readBytes in request
}

/**
 * A real Request for the functions of a user, who need not know of lean ones.
 *
 * @param body What was read of the request, for a function that may read it too. Without it, a lean request has no body.
 * @note Built from its parts: some hosts (srvx) give what only looks like a Request, and `new Request(…)` refuses that.
 */
export function wholeRequest(request: Request, body: BodyInit | null = null): Request {
  if (!body && !isLean(request)) return request
  const { url, method, headers, signal } = request
  return new Request(url, { method, headers, signal, body })
}

const takers = new WeakSet<object>()

/** Says of a function that it uses no more of a request than is in a {@link LeanRequest}. */
export function takesLean<Taker extends (request: Request) => unknown>(taker: Taker): Taker {
  takers.add(taker)
  return taker
}

/** Whether a function can be given a lean request: it said so, or it does not look at the request at all. */
export function canTakeLean(taker: (request: Request) => unknown): boolean {
  return takers.has(taker) || taker.length === 0
}
