import { canTakeLean, wholeRequest } from './lean-request.ts'
import { answerOf } from './within.ts'

/** The longest name of a caller, in characters. */
export const longestCallerId = 512

/** Who asks, as the application's own authentication names them. */
export interface Caller {
  /** Stable and unique for one user, 1 to 512 characters; tickets are bound to it. The browser never sees it. */
  callerId: string
  /** Other names of the caller, 1 to 512 characters each: tickets that are bound to one of these are theirs too. @default none */
  otherIds?: readonly string[]
  /**
   * The caller's own OAuth token, without the word `Bearer`, for a runtime that takes OAuth. It goes with each of this
   * caller's calls, and is never kept: neither in a ticket nor in a log.
   */
  bearer?: string
  /** The conversation that this request belongs to, by the application's own name. The agent is told it. */
  conversationId?: string
  /**
   * What the limits per caller count by, where one person can be many callers. For callers who did not sign in it may be
   * the address that they come from. @default `callerId`
   */
  limitKey?: string
  /** Set by `withHoldOut` of `@warm-agent/proxy/stats`: this caller is not warmed, for comparison. */
  isHeldOut?: boolean
  /** Headers for the answer, for example a cookie that was just made. */
  responseHeaders?: Readonly<Record<string, string>>
}

/**
 * Names the caller of a request, from its cookies or headers. `null` or `undefined` refuses it with 401; a `Response`
 * refuses it with that. Must not read the body. After 10 seconds without an answer the request is refused with 503.
 */
export type Authorize = (
  request: Request,
) => Caller | Response | null | undefined | Promise<Caller | Response | null | undefined>

/**
 * Asks who is calling.
 *
 * @throws Error when `authorize` names nobody in particular: all who share an empty or missing name would share sessions.
 */
export async function callerOf(authorize: Authorize, request: Request): Promise<Caller | Response | undefined> {
  const asked = authorize(canTakeLean(authorize) ? request : wholeRequest(request))
  const caller = await answerOf('ask `authorize` who is calling', asked)
  if (!caller || caller instanceof Response) return caller ?? undefined
  const { callerId, otherIds = [] } = caller
  const words = `of 1 to ${longestCallerId} characters. Mend \`authorize\`.`
  if (!isName(callerId)) throw new Error(`Could not name the caller: callerId is not a string ${words}`)
  if (Array.isArray(otherIds) && otherIds.every(isName)) return caller
  throw new Error(`Could not name the caller: otherIds is not a list of strings ${words}`)
}

function isName(id: unknown): boolean {
  return typeof id === 'string' && id.length > 0 && id.length <= longestCallerId
}
