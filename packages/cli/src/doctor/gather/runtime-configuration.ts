import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { withTimeout } from '../../with-timeout.ts'
import type { RuntimeTimes } from '../checks/beat.ts'

/** `GetAgentRuntime` of the control plane; an emulator answers the same under `/_emulator/runtime`. */
interface GetAgentRuntimeAnswer {
  agentRuntimeArn?: string
  lifecycleConfiguration?: { idleRuntimeSessionTimeout?: number; maxLifetime?: number }
}

type SignedRequest = { headers: Record<string, string> }

const patienceMs = 10_000

/** @returns the configuration of an emulator's runtime, `undefined` when nobody of that kind is there. */
export async function askEmulator(url: string, signal: AbortSignal): Promise<RuntimeTimes | undefined> {
  const answer = await get(`${url}/_emulator/runtime`, {}, signal)
  return answer?.agentRuntimeArn === undefined ? undefined : read(answer)
}

/**
 * Asks the control plane, which takes the permission `bedrock-agentcore:GetAgentRuntime` and costs nothing.
 *
 * @returns `undefined` when it does not tell.
 */
export async function askControlPlane(
  arn: string,
  region: string,
  signal: AbortSignal,
): Promise<RuntimeTimes | undefined> {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const base =
    process.env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE_CONTROL || `https://bedrock-agentcore-control.${region}.${suffix}`
  const { config } = new BedrockAgentCoreClient({ region })
  try {
    const url = new URL(`/runtimes/${arn.split('/').at(-1)}/`, base)
    // The control plane has a client of its own, which nothing else here needs; both share the signer.
    const signer = await config.signer({
      name: 'sigv4',
      signingName: 'bedrock-agentcore',
      signingRegion: region,
      properties: {},
    })
    const { headers } = (await signer.sign({
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: {},
      headers: { host: url.host },
      body: undefined,
    } as never)) as SignedRequest
    const { host: _, ...signed } = headers
    const answer = await get(url.href, signed, signal)
    return answer && read(answer)
  } catch {
    signal.throwIfAborted()
    // Without credentials: another check tells that. Or without a URL to ask at.
    return undefined
  }
}

async function get(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<GetAgentRuntimeAnswer | undefined> {
  try {
    const answer = await fetch(url, { headers, signal: withTimeout(signal, patienceMs) })
    return answer.ok ? ((await answer.json()) as GetAgentRuntimeAnswer) : undefined
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

/** An absent value is the platform's default (AgentCore developer guide, runtime lifecycle settings). */
function read({ lifecycleConfiguration = {} }: GetAgentRuntimeAnswer): RuntimeTimes {
  const { idleRuntimeSessionTimeout = 900, maxLifetime = 28_800 } = lifecycleConfiguration
  return { idleMs: idleRuntimeSessionTimeout * 1_000, maxLifetimeMs: maxLifetime * 1_000 }
}
