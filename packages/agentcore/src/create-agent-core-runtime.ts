import { createHash } from 'node:crypto'
import type { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { type AgentRuntime, RuntimeFailure, type RuntimeSession } from '@warm-agent/proxy'
import { tellListener } from '@warm-agent/proxy/runtime-kit'
import { regionOfArn } from './arn.ts'
import { createBearerCalls } from './bearer.ts'
import { checkSites } from './check-sites.ts'
import { createEndpoints, type EndpointEvent, type Site } from './endpoints.ts'
import type { PlatformCalls } from './platform-calls.ts'
import { type AgentCoreRuntimeOptions, checkOptions } from './runtime-options.ts'
import { createSdkCalls } from './sdk-calls.ts'
import { createSignedCalls } from './signed-calls.ts'
import { readEcho, warmUpRequest } from './warm-up.ts'

/**
 * The proxy's port to Amazon Bedrock AgentCore: SigV4 by the AWS SDK, or OAuth by HTTPS; both honour
 * `AWS_ENDPOINT_URL_BEDROCK_AGENTCORE`.
 *
 * @throws Error that names the option that is unknown or makes no sense.
 */
export function createAgentCoreRuntime(options: AgentCoreRuntimeOptions): AgentRuntime {
  const checked = checkOptions(options)
  const { arn, region, qualifiers, client, auth, protocol, warmUp, idleTimeoutMs, maxLifetimeMs } = checked
  const { spread, breaker, fallbacks, onEvent } = checked
  const isMcp = protocol === 'mcp'
  const callsTo = (region: string, client: BedrockAgentCoreClient | undefined): PlatformCalls => {
    if (auth !== 'sigv4') return createBearerCalls(auth.bearer, region, isMcp)
    return client ? createSdkCalls(client, isMcp) : createSignedCalls(region, isMcp)
  }

  const home: Site = { prefix: '', arn, region, qualifiers, calls: callsTo(region, client) }
  const others = fallbacks.map(({ arn, qualifiers, client }): Site => {
    const region = regionOfArn(arn)
    return { prefix: `${tagOf(arn)}:${region}:`, arn, region, qualifiers, calls: callsTo(region, client) }
  })
  refuseSharedRegions([home, ...others])
  const tell = (event: EndpointEvent) => void tellListener('onEvent', () => onEvent?.(event))
  const endpoints = createEndpoints([home, ...others], spread, breaker, tell)

  const targetOf = ({ id }: RuntimeSession, { arn }: Site, qualifier: string) => ({ arn, qualifier, sessionId: id })

  return {
    identity: arn,
    qualifiers,
    idleTimeoutMs,
    maxLifetimeMs,
    placeSession: refusedBy => endpoints.place(refusedBy).name,
    addressOf(session) {
      const { site, qualifier } = endpoints.of(session)
      return { agentRuntimeArn: site.arn, region: site.region, qualifier }
    },
    async invoke(session, request, signal, credentials) {
      const { site, qualifier, run } = endpoints.of(session)
      return run(request.isWarmUp === true, () =>
        site.calls.invoke(targetOf(session, site, qualifier), request, signal, credentials?.bearer),
      )
    },
    async stop(session, signal, credentials) {
      const { site, qualifier } = endpoints.of(session)
      // A session that is missing has ended already.
      await site.calls.stop(targetOf(session, site, qualifier), signal, credentials?.bearer).catch(unlessMissing)
    },
    ...(auth === 'sigv4' || auth.bearer !== 'caller' ? { check: signal => checkSites([home, ...others], signal) } : {}),
    warmUpRequest: nonce => warmUpRequest(nonce, protocol, warmUp),
    readEcho: warmUp.readEcho ?? readEcho,
  }
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof RuntimeFailure) || error.reason !== 'missing') throw error
}

/**
 * Tells a fallback from another one that takes its place in the same region: a session is looked for only at the ARN that it
 * was placed at. It stands in front of the region, where earlier releases ignore it.
 */
function tagOf(arn: string): string {
  return createHash('sha256').update(arn).digest('hex').slice(0, 8)
}

/** A fallback in the same region would fail with it, and earlier releases named a fallback by its region alone. */
function refuseSharedRegions(sites: readonly Site[]): void {
  const shared = sites.find(({ region }, index) => sites.findIndex(each => each.region === region) !== index)
  if (!shared) return
  throw new Error(
    `Could not create the runtime: option fallbacks: ${shared.arn} is in a region that is there already. ` +
      'Give one of another region.',
  )
}
