import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { createWarmUpGate } from '@warm-agent/agent'

const gate = createWarmUpGate()

createServer(async (incoming, outgoing) => {
  outgoing.setHeader('content-type', 'application/json')
  if (incoming.url === '/ping') return outgoing.end('{"status":"Healthy"}')
  const body = (await json(incoming)) as { prompt: string }
  const answer = (await gate.answer(body)) ?? { text: `You said: ${body.prompt}` }
  return outgoing.end(JSON.stringify(answer))
}).listen(process.env.PORT)
