import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { fromNodeProviderChain } from '@aws-sdk/credential-providers'
import { endpointOf } from './endpoint-of.ts'
import { createHttpHandlers } from './http-handler.ts'
import { createHttpsCalls, type HttpRequest } from './https-calls.ts'
import { inTime } from './in-time.ts'
import type { PlatformCalls } from './platform-calls.ts'
import { signedInTime, toleratedSkewMs } from './signed-in-time.ts'

/**
 * The platform's calls by the AWS SDK's own credentials, endpoint and SigV4 signer, but without `client.send`: its middleware
 * takes as long as everything else that a proxy does for a message.
 */
export function createSignedCalls(region: string, isMcp: boolean): PlatformCalls {
  const { config } = new BedrockAgentCoreClient({ region, credentials: credentialsFor(region) })
  const signing = { name: 'sigv4', signingName: 'bedrock-agentcore', signingRegion: region, properties: {} } as const
  let signer: ReturnType<typeof config.signer> | undefined
  let skewMs = 0
  const calls = createHttpsCalls({
    base: endpointOf(region),
    isMcp,
    handlers: createHttpHandlers(),
    async authorize(request) {
      signer ??= config.signer(signing)
      return (await (await signer).sign(request, { signingDate: new Date(Date.now() + skewMs) })) as HttpRequest
    },
    onAnswer(status, { date }) {
      if (status !== 403 || !date) return
      const seenMs = Date.parse(date) - Date.now()
      if (Math.abs(seenMs - skewMs) > toleratedSkewMs) skewMs = seenMs
    },
  })
  return signedInTime(calls, () => skewMs)
}

/**
 * The SDK's own chain of sources.
 *
 * @note Everyone who asks a chain shares one request, even one that never ends. So after a failure a new chain is made.
 */
function credentialsFor(region: string): ReturnType<typeof fromNodeProviderChain> {
  const createChain = () => fromNodeProviderChain({ clientConfig: { region } })
  let chain = createChain()
  return async properties => {
    try {
      return await inTime('the AWS credentials', chain(properties))
    } catch (error) {
      chain = createChain()
      throw error
    }
  }
}
