import { sessionTag } from './agent-runtime.ts'

/**
 * Session ids as they are made here; JWTs, and tickets, which are JWEs, or their beginning; tokens in a quoted header.
 * What has begun to match matches to its end: a stranger's text could else be read again from each of its places.
 */
const patterns: readonly [RegExp, string][] = [
  [/\b(warm-[0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22}\b/g, '$1…'],
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, '[token]'],
  [/\bBearer +[^\s"',]+/gi, 'Bearer [token]'],
  // What SigV4 sends: a refused signature makes AWS quote the headers that were signed.
  [/\bSignature=[0-9a-f]{64}\b/g, 'Signature=[cut]'],
  [/\b(x-amz-security-token["']?[:=] ?["']?)[\w/+=%-]+/gi, '$1[token]'],
]
/** A chain of causes that is longer than this is circular. */
const deepestCause = 8

/** Here an error of the AWS SDK keeps the whole answer, whose headers name the session. */
const answer = '$response'

/**
 * What a platform says of a failure may quote what it was sent. An error that quotes ids or tokens is copied with these cut
 * short, in its causes too, and without the answer that it was made of. Any other error is returned as it is.
 *
 * @param sessionId Is cut too, whatever it looks like.
 */
export function redact(error: unknown, sessionId?: string, depth = 0): unknown {
  if (typeof error === 'string') return cut(error, sessionId)
  if (!(error instanceof Error) || depth >= deepestCause) return error
  const own: Record<string, PropertyDescriptor> = Object.getOwnPropertyDescriptors(error)
  const changed: Record<string, PropertyDescriptor> = {}
  for (const [name, { value, enumerable = false }] of Object.entries({ ...own, stack: stackOf(error) })) {
    const shown = name === answer ? undefined : redact(value, sessionId, depth + 1)
    if (shown !== value) changed[name] = { value: shown, enumerable, configurable: true, writable: true }
  }
  if (Object.keys(changed).length === 0) return error
  return Object.create(Object.getPrototypeOf(error), { ...own, ...changed })
}

/** In some versions of V8 it is an accessor. */
function stackOf({ stack }: Error): PropertyDescriptor {
  return { value: stack, enumerable: false }
}

/** The messages down the chain of causes. Nothing else of an error is for a log: the AWS SDK's carry whole requests. */
export function causesOf(error: unknown): string[] {
  const causes: string[] = []
  let each = error
  for (; each instanceof Error && causes.length < deepestCause; each = each.cause) {
    causes.push(cut(`${each.name}: ${each.message}`))
  }
  return typeof each === 'string' ? [...causes, cut(each)] : causes
}

function cut(text: string, sessionId?: string): string {
  const known = sessionId ? text.replaceAll(sessionId, `${sessionTag(sessionId)}…`) : text
  return patterns.reduce((cutSoFar, [pattern, instead]) => cutSoFar.replace(pattern, instead), known)
}
