import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { createWarmUpGate } from '@warm-agent/agent'

/** The stubbed agent: thinks as long as it is told to, then streams as many tokens. No model, so that start-up is all that varies. */
interface Message {
  thinkMs?: number
  tokens?: number
  everyMs?: number
}

const gate = createWarmUpGate()

async function* answer({ thinkMs = 0, tokens = 1, everyMs = 0 }: Message) {
  await wait(thinkMs)
  for (let token = 0; token < tokens; token++) {
    if (token > 0) await wait(everyMs)
    yield `data: ${JSON.stringify({ token })}\n\n`
  }
}

createServer(async (incoming, outgoing) => {
  if (incoming.url === '/ping') {
    outgoing.end('{"status":"Healthy"}')
    return
  }
  const body = await json(incoming)
  const answered = await gate.handle(body, () => answer(body as Message))
  if (gate.isWarmUp(body)) {
    outgoing.setHeader('content-type', 'application/json')
    outgoing.end(JSON.stringify(answered))
    return
  }
  outgoing.setHeader('content-type', 'text/event-stream')
  for await (const event of answered as AsyncIterable<string>) outgoing.write(event)
  outgoing.end()
}).listen(process.env.PORT)
