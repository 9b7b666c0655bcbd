import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore'
import { tellMemory } from './tell-memory.ts'

/** The relay that one would write by hand: node:http and the AWS SDK, no tickets, no sessions, no limits. */
const client = new BedrockAgentCoreClient({
  region: 'us-east-1',
  // With the SDK's own 50, the fifty-first stream would wait for ever.
  requestHandler: { httpAgent: { maxSockets: 4096 } },
})
const agentRuntimeArn = process.env.AGENT_RUNTIME_ARN

tellMemory()
createServer(async (request, response) => {
  const payload = await buffer(request)
  const output = await client.send(
    new InvokeAgentRuntimeCommand({
      agentRuntimeArn,
      runtimeSessionId: 'a-session-0123456789-0123456789-0123456789',
      payload,
      contentType: 'application/json',
      accept: 'text/event-stream, application/json',
    }),
  )
  response.setHeader('content-type', output.contentType ?? '')
  response.flushHeaders()
  ;(output.response as unknown as Readable).pipe(response)
}).listen(0, '127.0.0.1', function (this: import('node:http').Server) {
  process.stdout.write(`${(this.address() as AddressInfo).port}\n`)
})
