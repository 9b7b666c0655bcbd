import { createServer } from 'node:http'
import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { createWarmProxy, memoryLedger, type ProxyEvent, type ProxyLimits } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { onTestFinished } from 'vitest'
import { startFaultyDataPlane } from './faulty-data-plane.ts'
import { listenLocally } from './listen-locally.ts'
import { createPage } from './page.ts'

/** A page, the proxy behind a real server, the real AWS SDK, and a data plane that fails as it is told. */
export async function startPath(limits: Partial<ProxyLimits> = {}) {
  const dataPlane = await startFaultyDataPlane()
  const client = new BedrockAgentCoreClient({
    endpoint: dataPlane.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  })
  const events: ProxyEvent[] = []
  const proxy = createWarmProxy({
    runtime: createAgentCoreRuntime({
      arn: 'arn:aws:bedrock-agentcore:eu-west-1:123456789012:runtime/my_agent-a1B2c3D4e5',
      client,
    }),
    authorize: () => ({ callerId: 'ann' }),
    secret: 'a secret that only the tests of faults know',
    ledger: memoryLedger(),
    limits,
    onEvent: event => events.push(event),
  })
  const server = createServer(toNodeHandler(proxy.fetch))
  const { origin } = await listenLocally(server)
  onTestFinished(async () => {
    dataPlane.recover()
    server.closeAllConnections()
    server.close()
    await proxy.close()
    dataPlane.close()
  })
  return { ...dataPlane, events, page: createPage(origin) }
}

export async function startWarm(limits?: Partial<ProxyLimits>) {
  const path = await startPath(limits)
  await (await path.page.open()).end
  path.calls.length = 0
  return path
}
