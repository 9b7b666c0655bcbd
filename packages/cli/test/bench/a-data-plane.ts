import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { listenLocally } from '../../../../test/support/listen-locally.ts'

export interface SeenCall {
  operation: 'invoke' | 'stop'
  sessionId: string
  isWarmUp: boolean
}

/** A data plane that answers at once, unless `before` makes a call wait, or gives the status of an error. */
export async function startDataPlane(before: (call: SeenCall) => Promise<void> | number | void = () => {}) {
  const calls: SeenCall[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const call: SeenCall = {
      operation: request.url?.includes('/stopruntimesession') ? 'stop' : 'invoke',
      sessionId: String(request.headers['x-amzn-bedrock-agentcore-runtime-session-id']),
      isWarmUp: body.includes('"type":"warmup"'),
    }
    calls.push(call)
    const status = await before(call)
    if (status) return response.writeHead(status).end('{"message":"as the test wants it"}')
    response.setHeader('content-type', 'application/json')
    return response.end(call.isWarmUp ? body : '{}')
  })
  const { origin } = await listenLocally(server)
  return {
    calls,
    env: {
      AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: origin,
      AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5',
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
    },
    /** Session ids that were invoked and not stopped. */
    running() {
      const stopped = new Set(calls.filter(({ operation }) => operation === 'stop').map(({ sessionId }) => sessionId))
      return [...new Set(calls.map(({ sessionId }) => sessionId))].filter(id => !stopped.has(id))
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
