import { RuntimeFailure } from '@warm-agent/proxy'
import { endpointOf } from './endpoint-of.ts'
import { createHttpHandlers } from './http-handler.ts'
import { createHttpsCalls } from './https-calls.ts'
import { inTime } from './in-time.ts'
import type { PlatformCalls } from './platform-calls.ts'

/**
 * The token for calls that bring none of their caller's: none (`'caller'`: only callers' own tokens are used), a fixed one of
 * the server's own, or a function that gives one, asked before each call so that it can refresh the token.
 */
export type BearerSource = 'caller' | (string & {}) | (() => string | Promise<string>)

/** The platform's calls to a runtime that takes OAuth, which the AWS SDK cannot do. */
export function createBearerCalls(source: BearerSource, region: string, isMcp: boolean): PlatformCalls {
  const calls = createHttpsCalls({
    base: endpointOf(region),
    isMcp,
    handlers: createHttpHandlers(),
    async authorize(request, caller) {
      request.headers.authorization = `Bearer ${await bearerFor(source, caller)}`
      return request
    },
  })
  /** A caller who brought no token cannot help by signing in: then it is the server's token that was refused. */
  const blaming = (caller: string | undefined) => (failure: unknown) => {
    const isTheirs = caller !== undefined || source === 'caller'
    if (isTheirs || !(failure instanceof RuntimeFailure) || failure.reason !== 'unauthenticated') throw failure
    throw new RuntimeFailure('refused', failure.message, failure)
  }
  return {
    invoke: (target, request, signal, caller) => calls.invoke(target, request, signal, caller).catch(blaming(caller)),
    stop: (target, signal, caller) => calls.stop(target, signal, caller).catch(blaming(caller)),
  }
}

/** RFC 6750. Anything else would break the header, and the error would quote it. */
export const tokenPattern = /^[A-Za-z0-9\-._~+/]+=*$/

/**
 * @param caller The token of the caller in whose name the call is made. It is preferred.
 * @throws RuntimeFailure `unauthenticated`, which never quotes a token.
 */
async function bearerFor(source: BearerSource, caller: string | undefined): Promise<string> {
  const token = caller ?? (await ownToken(source))
  if (tokenPattern.test(token)) return token
  throw unauthenticated('the OAuth token is malformed. Give a token68, without the word Bearer.')
}

async function ownToken(source: BearerSource): Promise<string> {
  if (source === 'caller') {
    throw unauthenticated(
      "it takes only its callers' own OAuth tokens, and no caller is present. Give `auth.bearer` a token of the server's own; a session that cannot be stopped ends by idling.",
    )
  }
  if (typeof source === 'string') return source
  try {
    return await inTime('the OAuth token', source())
  } catch (cause) {
    throw unauthenticated('the provider of OAuth tokens failed. See the cause.', cause)
  }
}

function unauthenticated(why: string, cause?: unknown): RuntimeFailure {
  return new RuntimeFailure('unauthenticated', `Could not call the runtime: ${why}`, { mayHaveRun: false, cause })
}
