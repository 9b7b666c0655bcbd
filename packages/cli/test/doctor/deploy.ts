import { createServer } from 'node:http'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { anonymousCallers, createWarmProxy, type WarmProxyOptions } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { onTestFinished, vi } from 'vitest'
import { listenLocally } from '../../../../test/support/listen-locally.ts'
import { emulate } from './diagnose.ts'

export const secret = 'thirty-two bytes or more of something random'

/** A deployed proxy for anonymous callers, in front of an emulator; its runtime has the settings of `idleTimeoutMs`. */
export async function deploy(
  options: Partial<WarmProxyOptions> = {},
  { idleTimeoutMs = 900_000, ...emulated }: Parameters<typeof emulate>[0] & { idleTimeoutMs?: number } = {},
) {
  const { emulator, env } = await emulate({ boot: { kind: 'fixed', ms: 200 }, ...emulated })
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const runtime = createAgentCoreRuntime({ arn: emulator.env.AGENT_RUNTIME_ARN, idleTimeoutMs })
  const authorize = anonymousCallers({ secret })
  const proxy = createWarmProxy({ authorize, secret, ...options, runtime } as WarmProxyOptions)
  const server = createServer(toNodeHandler(proxy.fetch))
  const { origin } = await listenLocally(server)
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await proxy.close()
  })
  // Without the runtime's ARN only the proxy is looked at.
  return { emulator, env, proxyOnly: { ...env, AGENT_RUNTIME_ARN: undefined }, origin, url: `${origin}/api/agent` }
}
