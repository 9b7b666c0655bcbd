/**
 * A signal that is aborted with `signal`, and after a time in any case, by a TimeoutError.
 *
 * @note `AbortSignal.any` does not keep an `AbortSignal.timeout` from being collected as garbage on Node 20: then it never
 * comes (nodejs/node#57736). The timer here is kept by the event loop.
 */
export function withTimeout(signal: AbortSignal, timeoutMs: number): AbortSignal {
  const over = new AbortController()
  const expire = () => over.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
  setTimeout(expire, timeoutMs).unref()
  return AbortSignal.any([signal, over.signal])
}
