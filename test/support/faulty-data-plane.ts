import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listenLocally } from './listen-locally.ts'

/** What goes wrong with one call, instead of an answer. `ran` says that the agent has seen it. */
export type Fault = (outgoing: ServerResponse, ran: () => void) => unknown

/** An error as AgentCore tells it. */
export function refusal(status: number, type: string, headers: Record<string, string> = {}): Fault {
  return outgoing => {
    outgoing.writeHead(status, { 'x-amzn-errortype': type, 'content-type': 'application/json', ...headers })
    outgoing.end(JSON.stringify({ message: `this is ${type}` }))
  }
}

/** The same, after the agent's handler has run. */
export function afterRun(fault: Fault): Fault {
  return (outgoing, ran) => {
    ran()
    return fault(outgoing, ran)
  }
}

/** A gateway in between, that knows nothing of AWS. */
export const badGateway: Fault = outgoing => {
  outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502 Bad Gateway</h1>')
}

export const resetBefore: Fault = outgoing => outgoing.socket?.destroy()

export const resetInMidStream: Fault = outgoing => {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
  outgoing.write('data: half of', () => outgoing.socket?.destroy())
}

/** It takes the call and never answers. */
export const silence: Fault = () => {}

/** AgentCore's data plane in so far as a proxy can tell, with faults in the order in which they are asked for. */
export async function startFaultyDataPlane() {
  const calls: string[] = []
  const faults: Fault[] = []
  const nonces = new Map<string, string>()
  let runs = 0
  let answer = (outgoing: ServerResponse): unknown => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
    outgoing.write('data: one\n\n')
    return outgoing.end('data: two\n\n')
  }

  const server = createServer(async (incoming, outgoing) => {
    const body = await textOf(incoming)
    const session = String(incoming.headers['x-amzn-bedrock-agentcore-runtime-session-id'])
    const isStop = incoming.url?.includes('/stopruntimesession')
    const nonce = isStop || !body.includes('"warmup"') ? undefined : String(JSON.parse(body).nonce)
    calls.push(isStop ? 'stop' : nonce === undefined ? 'message' : 'warm-up')
    const ran = () => {
      if (!isStop && nonce === undefined) runs++
    }
    const fault = faults.shift()
    if (fault) return fault(outgoing, ran)
    if (isStop) {
      nonces.delete(session)
      return outgoing.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    }
    if (nonce === undefined) {
      ran()
      return answer(outgoing)
    }
    if (!nonces.has(session)) nonces.set(session, nonce)
    outgoing.writeHead(200, { 'content-type': 'application/json' })
    return outgoing.end(JSON.stringify({ status: 'warm', nonce: nonces.get(session) }))
  })
  const { origin } = await listenLocally(server)

  return {
    url: origin,
    /** The calls so far, in their order. */
    calls,
    /** How often the agent has seen a message. */
    runs: () => runs,
    failNext: (...next: Fault[]) => void faults.push(...next),
    /** Nothing fails any more. */
    recover: () => void faults.splice(0),
    answerWith: (make: typeof answer) => {
      answer = make
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
