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
      const endpoint = endpoints.of(session)
      const { site, qualifier, breaker } = endpoint
      const isWarmUp = request.isWarmUp === true
      const call = () => site.calls.invoke(targetOf(session, site, qualifier), request, signal, credentials?.bearer)
      if (!isWarmUp) return breaker.run(false, call)
      endpoint.warming++
      try {
        return await breaker.run(true, call)
      } finally {
        endpoint.warming--
      }
    },
    async stop(session, signal, credentials) {
      const { site, qualifier } = endpoints.of(session)
      // What is missing had ended already.
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
 * Tells a fallback from another one that takes its place: a session is never looked for at an ARN that it was not placed at.
 * In front of the region, where earlier releases look past it.
 */
function tagOf(arn: string): string {
  return createHash('sha256').update(arn).digest('hex').slice(0, 8)
}

/** In one region a fallback would fail with its home, and names of earlier releases tell a fallback by its region alone. */
function refuseSharedRegions(sites: readonly Site[]): void {
  const shared = sites.find(({ region }, index) => sites.findIndex(each => each.region === region) !== index)
  if (!shared) return
  throw new Error(
    `Could not create the runtime: option fallbacks: ${shared.arn} is in a region that is there already. ` +
      'Give one of another region.',
  )
}
