import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { RuntimeFailure } from '@warm-agent/proxy'

/**
 * The data plane of the region, unless the SDK's settings name another, in the environment or in its files: also for runtimes
 * that take OAuth. It is looked up once.
 *
 * @throws RuntimeFailure `refused`, for a setting that makes no sense: at once when it is in the environment, else by the promise.
 */
export function endpointOf(region: string): () => Promise<URL> {
  const { AWS_ENDPOINT_URL_BEDROCK_AGENTCORE, AWS_ENDPOINT_URL, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS } = process.env
  const named = AWS_ENDPOINT_URL_BEDROCK_AGENTCORE || AWS_ENDPOINT_URL
  if (named && AWS_IGNORE_CONFIGURED_ENDPOINT_URLS !== 'true') readEndpoint(named)
  let resolving: Promise<URL> | undefined
  const resolve = async () => {
    const { config } = new BedrockAgentCoreClient({
      region,
      credentials: async () => ({ accessKeyId: '', secretAccessKey: '' }),
    })
    // The SDK's types hide it, since only its own middleware asks.
    const { serviceConfiguredEndpoint } = config as { serviceConfiguredEndpoint?: () => Promise<string | undefined> }
    const configured = await serviceConfiguredEndpoint?.()
    if (configured) return readEndpoint(configured)
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

function readEndpoint(text: string): URL {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text)
  // It may hold a password.
  const shown = text.includes('@') ? '' : ` "${text}"`
  throw new RuntimeFailure(
    'refused',
    `Could not use the endpoint${shown}: it is no URL with http: or https:. Set AWS_ENDPOINT_URL_BEDROCK_AGENTCORE to one like http://127.0.0.1:9000.`,
    { mayHaveRun: false },
  )
}
