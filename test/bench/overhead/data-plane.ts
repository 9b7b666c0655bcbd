import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A data plane that does nothing but answer, so that what is in front of it is all that is measured. */
const answer = Array.from({ length: 5 }, (_, token) => `data: {"token":${token}}\n\n`).join('')

const server = createServer(async (request, response) => {
  const body = await buffer(request)
  if (body.includes('"warmup"')) {
    response.setHeader('content-type', 'application/json').end(body)
    return
  }
  response.setHeader('content-type', 'text/event-stream')
  if (body.includes('"idle"')) response.write(answer)
  else response.end(answer)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
