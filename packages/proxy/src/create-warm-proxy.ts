import { headerNames, type RouteName, WarmAgentError, wireVersion } from '@warm-agent/protocol'
import { callerOf } from './callers.ts'
import { toErrorResponse } from './error-response.ts'
import { showValue } from './explain-refusal.ts'
import { toWarmAgentError } from './failures.ts'
import { takesLean } from './lean-request.ts'
import { createLedgerKeeper } from './ledger/ledger-keeper.ts'
import { startReaper } from './ledger/reaper.ts'
import { boundMessages } from './limits/bound-messages.ts'
import { countCalls } from './limits/count-calls.ts'
import { createLimiter } from './limits/create-limiter.ts'
import { listHeaders } from './list-headers.ts'
import { corsHeaders, isOriginAllowed, preflightHeaders } from './origin.ts'
import { createEmit, tell } from './proxy-event.ts'
import { checkOptions, type WarmProxyOptions } from './proxy-options.ts'
import { routeOf } from './route-of.ts'
import { beatSessionRoute } from './routes/beat-session.ts'
import { closeSessionRoute } from './routes/close-session.ts'
import { lendSession, type WarmRuntimeSession } from './routes/lend-session.ts'
import { openSessionRoute } from './routes/open-session.ts'
import { relayMessageRoute } from './routes/relay-message.ts'
import type { RouteHandler } from './routes/route-handler.ts'
import { createSealer } from './sealer.ts'
import { endUnsent, reapingWith } from './sessions/end-unheld.ts'
import { serveAgents } from './sessions/serve-agents.ts'
import type { SessionContext } from './sessions/session-context.ts'
import { createSessionMemories } from './sessions/session-memory.ts'
import { streamingHeaders } from './streaming-headers.ts'

/** The proxy: a Fetch handler that every server that speaks `Request` and `Response` can mount. */
export interface WarmProxy {
  /** Serves the routes below the base path. Never rejects. */
  fetch(request: Request): Promise<Response>
  /**
   * For an app that keeps its own chat route: the session to invoke the agent with. Waits for a warm-up in flight. `null` when
   * the caller is refused, or the page's origin is not allowed. Where `conversationId` is a function that reads the body, call this before you read the body, or
   * give it a clone.
   */
  session(request: Request): Promise<WarmRuntimeSession | null>
  /** Stops the unsent and the parked sessions that this process holds. Takes 10 seconds at most, and never rejects. */
  close(): Promise<void>
}

const handlers: Record<Exclude<RouteName, 'health'>, RouteHandler> = {
  open: openSessionRoute,
  beat: beatSessionRoute,
  close: closeSessionRoute,
  message: relayMessageRoute,
}

/**
 * @throws Error when an option is unknown or makes no sense.
 * @example
 * const proxy = createWarmProxy({ runtime, authorize, secret: process.env.WARM_AGENT_SECRET ?? '' })
 * createServer(toNodeHandler(proxy.fetch)).listen(8787)
 */
export function createWarmProxy(options: WarmProxyOptions): WarmProxy {
  const { runtimes, pools, authorize, secrets, basePath, origins, limits, ledger, conversationId, onEvent } =
    checkOptions(options)
  const limiter = createLimiter(limits, {
    refused: limit => tell(onEvent, { type: 'warm-refused', atMs: Date.now(), limit }),
    failed: cause => tell(onEvent, { type: 'limits-failed', atMs: Date.now(), cause }),
  })
  const counted = Object.entries(runtimes).map(([name, runtime]) => [name, countCalls(runtime, limiter.noteCall)])
  const agents = serveAgents(Object.fromEntries(counted), pools, limits)
  const longestIdleMs = Math.max(...[...agents.values()].map(({ rules }) => rules.idleTimeoutMs))
  const holder = crypto.randomUUID()
  const memories = createSessionMemories(longestIdleMs)
  const ledgerFailed = (cause: unknown) => tell(onEvent, { type: 'ledger-failed', atMs: Date.now(), cause })
  const context: SessionContext = {
    agents,
    limits,
    limiter,
    admitMessage: boundMessages(limits.messagesAtOncePerCaller),
    memories,
    holder,
    ledger: createLedgerKeeper({
      ledger,
      holder,
      memories,
      rulesOf: ({ agent }) => agents.get(agent)?.rules,
      warmTimeoutMs: limits.warmTimeoutMs,
      isSettled: () => reaper?.isSettled() ?? true,
      onFailed: ledgerFailed,
      onMissing: () => tell(onEvent, { type: 'ledger-missing', atMs: Date.now(), message: withoutLedger }),
    }),
    conversationId,
    sealer: createSealer(secrets, 'ticket'),
    emit: createEmit(onEvent),
    onPoolFailed: cause => tell(onEvent, { type: 'pool-failed', atMs: Date.now(), cause }),
  }
  const reaper = ledger && startReaper({ ledger, holder, ...reapingWith(context), onFailed: ledgerFailed })

  async function answer(request: Request, route: RouteName | undefined): Promise<Response> {
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: preflightHeaders(request) })
    if (!route) throw notFound(basePath)
    checkVersion(request)
    if (route === 'health') return Response.json({ status: 'ok' })
    const caller = await callerOf(authorize, request)
    // A copy: `authorize` may give the same one again, or one whose headers cannot be changed.
    if (caller instanceof Response) return new Response(caller.body, caller)
    if (!caller) throw unauthenticated()
    return withHeaders(await handlers[route](context, caller, request), caller.responseHeaders)
  }

  return {
    fetch: takesLean(async request => {
      const route = routeOf(request, basePath)
      const isAllowed = isOriginAllowed(request, origins)
      const headers = { ...streamingHeaders, ...(isAllowed && corsHeaders(request)) }
      try {
        if (!isAllowed) throw foreignOrigin(request)
        return withOwn(await answer(request, route), headers)
      } catch (cause) {
        const error = toWarmAgentError(cause, { isMessage: route === 'message' })
        // Who has left is told nothing, and that is no failure. A host whose time is over says so by an error of ours.
        if (!request.signal.aborted || request.signal.reason instanceof WarmAgentError) {
          const { code } = error
          tell(onEvent, { type: 'request-failed', atMs: Date.now(), code, route: route ?? 'unknown', cause })
        }
        return withOwn(toErrorResponse(error), headers)
      }
    }),

    async session(request) {
      if (!isOriginAllowed(request, origins)) return null
      const caller = await callerOf(authorize, request)
      return caller && !(caller instanceof Response) ? lendSession(context, caller, request) : null
    },

    async close() {
      await Promise.all([reaper?.close(), endUnsent(context)])
      context.ledger.close()
    },
  }
}

const withoutLedger =
  'Could not write the session down: there is no ledger. Only this process stops what is parked here, a touch that reaches ' +
  'another instance does not keep it, sessions cannot be listed, and what this process holds when it dies runs until its ' +
  'idle timeout. Give `ledger`.'

function checkVersion(request: Request): void {
  const version = request.headers.get(headerNames.version) ?? wireVersion
  if (version === wireVersion) return
  const behind = Number(version) > Number(wireVersion) ? '@warm-agent/proxy' : '@warm-agent/client'
  throw new WarmAgentError(
    'unsupported_version',
    `Could not answer: the page speaks another version of the wire than the proxy's ${wireVersion}. Update ${behind}.`,
  )
}

function notFound(basePath: string): WarmAgentError {
  return new WarmAgentError(
    'not_found',
    `Could not find the route: this proxy serves below ${basePath} (option basePath). Check the method and the path.`,
  )
}

function unauthenticated(): WarmAgentError {
  return new WarmAgentError('unauthenticated', 'Could not tell who is asking. Sign in, then try again.')
}

function foreignOrigin({ headers }: Request): WarmAgentError {
  return new WarmAgentError(
    'forbidden',
    `Could not answer: the page's origin ${showValue(headers.get('origin'))} is neither the proxy's own nor allowed. ` +
      'Add it to `origins` (for `warm-agent proxy`: WARM_AGENT_ORIGINS), or let nothing in front change the `Host` header.',
  )
}

function withHeaders(response: Response, headers: Readonly<Record<string, string>> = {}): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.append(name, value)
  return response
}

/** The proxy's own: what an agent or an app says of the same name would make it unreadable, unless it is a list. */
function withOwn(response: Response, headers: Readonly<Record<string, string>>): Response {
  for (const name of Object.keys(headers)) if (!listHeaders.includes(name)) response.headers.delete(name)
  return withHeaders(response, headers)
}
