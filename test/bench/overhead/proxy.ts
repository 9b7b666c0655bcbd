import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { createWarmProxy } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { tellMemory } from './tell-memory.ts'

/** Our proxy, with all that it does for a message. */
const proxy = createWarmProxy({
  runtime: createAgentCoreRuntime({ arn: process.env.AGENT_RUNTIME_ARN ?? '' }),
  authorize: () => ({ callerId: 'one' }),
  secret: 'a secret that only this bench knows of',
})
tellMemory()
const server = createServer(toNodeHandler(proxy.fetch)).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
