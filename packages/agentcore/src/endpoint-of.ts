import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'

/**
 * The data plane of the region, unless the SDK's settings name another, in the environment or in its files: also for runtimes
 * that take OAuth. It is looked up once.
 */
export function endpointOf(region: string): () => Promise<URL> {
  let resolving: Promise<URL> | undefined
  const resolve = async () => {
    const { config } = new BedrockAgentCoreClient({
      region,
      credentials: async () => ({ accessKeyId: '', secretAccessKey: '' }),
    })
    // The SDK's types hide it, since only its own middleware asks.
    const { serviceConfiguredEndpoint } = config as { serviceConfiguredEndpoint?: () => Promise<string | undefined> }
    const configured = await serviceConfiguredEndpoint?.()
    if (configured) return new URL(configured)
    const [UseFIPS, UseDualStack] = await Promise.all([config.useFipsEndpoint(), config.useDualstackEndpoint()])
    return config.endpointProvider({ Region: region, UseFIPS, UseDualStack }).url
  }
  return () => {
    resolving ??= resolve().catch(error => {
      resolving = undefined
      throw error
    })
    return resolving
  }
}
