/** Session ids as they are made here; JWTs, and tickets, which are JWEs; tokens in a quoted header. */
const patterns: readonly [RegExp, string][] = [
  [/\b(warm-[0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22}\b/g, '$1…'],
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){2,4}/g, '[token]'],
  [/\bBearer +[^\s"',]+/gi, 'Bearer [token]'],
]
/** A chain of causes that is longer is a circle. */
const deepestCause = 8

/**
 * What a platform says of a failure may quote what it was sent. An error that does is copied, with the ids and tokens in
 * its words and those of its causes cut short; any other is returned as it is.
 *
 * @param sessionId One that is known to be meant.
 */
export function redact(error: unknown, sessionId?: string, depth = 0): unknown {
  if (typeof error === 'string') return cut(error, sessionId)
  if (!(error instanceof Error) || depth >= deepestCause) return error
  const message = cut(error.message, sessionId)
  const stack = error.stack && cut(error.stack, sessionId)
  const cause = redact(error.cause, sessionId, depth + 1)
  if (message === error.message && stack === error.stack && cause === error.cause) return error
  const copy = Object.create(Object.getPrototypeOf(error), Object.getOwnPropertyDescriptors(error))
  for (const [name, value] of Object.entries({ message, stack, cause })) {
    Object.defineProperty(copy, name, { value, enumerable: false, configurable: true, writable: true })
  }
  return copy
}

function cut(text: string, sessionId: string | undefined): string {
  const known = sessionId ? text.replaceAll(sessionId, `${sessionId.slice(0, 13)}…`) : text
  return patterns.reduce((cutSoFar, [pattern, instead]) => cutSoFar.replace(pattern, instead), known)
}
