import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const arn = 'arn:aws:bedrock-agentcore:eu-west-1:123456789012:runtime/my_agent-a1B2c3D4e5'

/** What a runtime is called with, where that does not matter. */
export const session = { id: 'warm-00000000-0000-0000-0000-000000000000', qualifier: 'DEFAULT' }
export const request = { body: new Uint8Array(), contentType: 'application/json', accept: '*/*' }
export const never = new AbortController().signal

/** An HTTP server in AgentCore's place, so that what the AWS SDK sends and understands can be seen. */
export async function startDataPlane(answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void) {
  const calls: { url: string; headers: IncomingMessage['headers']; body: string }[] = []
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    calls.push({ url: incoming.url ?? '', headers: incoming.headers, body: Buffer.concat(chunks).toString() })
    answer(incoming, outgoing)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    calls,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** An error as AgentCore tells it. */
export function refuse(outgoing: ServerResponse, status: number, type: string, headers: Record<string, string> = {}) {
  outgoing.writeHead(status, { 'x-amzn-errortype': type, 'content-type': 'application/json', ...headers })
  outgoing.end(JSON.stringify({ message: `this is ${type}` }))
}
