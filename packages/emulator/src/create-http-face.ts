import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AdminRoute, adminPath, createAdmin } from './admin.ts'
import { createAdmit } from './admission.ts'
import { regionOf } from './arn.ts'
import { createAuthenticate } from './auth/authenticate.ts'
import { issuerPath, issuerRoutes } from './auth/issuer-routes.ts'
import { createPageCheck } from './auth/page-check.ts'
import { createTokenIssuer, type TokenIssuer } from './auth/token-issuer.ts'
import { createTokenVerifier } from './auth/verify-token.ts'
import { chaosRoutes } from './chaos/chaos-routes.ts'
import { type Chaos, createChaos } from './chaos/create-chaos.ts'
import type { Clock } from './clock.ts'
import { createDataPlane } from './data-plane.ts'
import type { Settings } from './options.ts'
import type { PlatformCore } from './platform-core.ts'
import { createWebSocketServer, type WebSocketServer } from './wire/serve-web-socket.ts'

/** All that an emulator answers over HTTP. */
export interface HttpFace {
  onRequest(request: IncomingMessage, response: ServerResponse): void
  readonly webSockets: WebSocketServer
  /** For the admin routes on a port of their own. */
  onAdminRequest(request: IncomingMessage, response: ServerResponse): void
  readonly chaos: Chaos
  readonly tokens: TokenIssuer
}

export interface HttpFaceSetup {
  settings: Pick<Settings, 'arn' | 'host' | 'wire' | 'platform'>
  core: PlatformCore
  /** Where the admin routes are reached, known once the emulator listens. */
  adminUrl: () => string
}

export function createHttpFace({ settings, core, adminUrl }: HttpFaceSetup): HttpFace {
  const { arn, host, wire, platform } = settings
  const { clock, seed } = platform
  const { sessions, books, emit } = core
  const { qualifiers, allowedHeaders, oauth } = wire
  const chaos = createChaos(wire.chaos, seed)
  const tokens = createTokenIssuer(() => `${adminUrl()}${adminPath}${issuerPath}`, {
    clientId: oauth.allowedClients?.[0] ?? 'emulator',
    audience: oauth.allowedAudience?.[0],
    scope: oauth.allowedScopes?.[0],
  })
  const verifyToken = createTokenVerifier(oauth, tokens)
  const checkPage = createPageCheck([host, ...wire.allowedHosts])
  const region = regionOf(arn)
  const authenticate = createAuthenticate({ mode: wire.auth, credentials: wire.credentials, region, verifyToken })
  const runtime = { arn, hasQualifier: (name: string) => qualifiers === undefined || qualifiers.includes(name) }
  const admit = createAdmit({ runtime, sessions, clock, authenticate, chaos, allowedHeaders })
  const issuer = () => {
    if (wire.auth !== 'oauth') return undefined
    return oauth.discoveryUrl?.replace(/\/\.well-known\/openid-configuration$/, '') ?? tokens.issuer
  }
  const onDataPlane = createDataPlane({ checkPage, admit, sessions, books, clock, emit, runtime, issuer })
  const onAdmin = createAdmin(checkPage, {
    ...bookRoutes(core, clock),
    ...chaosRoutes(chaos),
    ...issuerRoutes(tokens),
    'GET runtime': () => describeRuntime(settings),
  })
  const hasOwnAdmin = wire.adminPort !== undefined

  return {
    onRequest: (request, response) =>
      void (!hasOwnAdmin && request.url?.startsWith(adminPath) ? onAdmin : onDataPlane)(request, response),
    webSockets: createWebSocketServer({ checkPage, admit, sessions, books, emit }),
    onAdminRequest: onAdmin,
    chaos,
    tokens,
  }
}

function bookRoutes({ books }: PlatformCore, clock: Clock): Record<string, AdminRoute> {
  return {
    'GET sessions': () => books.live(clock.now()),
    'GET ledger': () => books.ledger(clock.now()),
  }
}

/** As `GetAgentRuntime` of the control plane says it, in so far as there is something to say. */
function describeRuntime({ arn, platform: { limits } }: HttpFaceSetup['settings']) {
  return {
    agentRuntimeArn: arn,
    lifecycleConfiguration: {
      idleRuntimeSessionTimeout: limits.idleMs / 1_000,
      maxLifetime: limits.maxLifetimeMs / 1_000,
    },
  }
}
