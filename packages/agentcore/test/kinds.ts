import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { type AgentCoreRuntimeOptions, createAgentCoreRuntime } from '@warm-agent/agentcore'
import type { CallCredentials } from '@warm-agent/proxy'
import { onTestFinished, vi } from 'vitest'
import { arn, startDataPlane } from './data-plane.ts'

export type Kind = 'sigv4' | 'sigv4 by a client of the user' | 'oauth'
export const kinds: Kind[] = ['sigv4', 'sigv4 by a client of the user', 'oauth']
export const callersToken = 'the-callers.own-token'

/** For the rest of a test: a runtime of this kind on a data plane of its own, and what its calls are made with. */
export async function serveKind(
  kind: Kind,
  answer: Parameters<typeof startDataPlane>[0],
  options: Partial<AgentCoreRuntimeOptions> = {},
) {
  const dataPlane = await startDataPlane(answer)
  onTestFinished(() => {
    dataPlane.close()
    vi.unstubAllEnvs()
  })
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', dataPlane.url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  const runtime = createAgentCoreRuntime({
    arn,
    ...(kind === 'sigv4 by a client of the user' && {
      client: new BedrockAgentCoreClient({
        region: 'eu-west-1',
        maxAttempts: 5,
        requestHandler: { httpAgent: { keepAlive: true, maxSockets: 256 } },
      }),
    }),
    ...(kind === 'oauth' && { auth: { bearer: 'caller' } }),
    ...options,
  })
  const credentials: CallCredentials = kind === 'oauth' ? { bearer: callersToken } : {}
  return { dataPlane, runtime, credentials }
}
