// An agent that keeps the contract of a warm-up; FAULT says what is wrong with its /ping, a message may end it.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

const { PORT, FAULT } = process.env
const started = Math.floor(Date.now() / 1000)
const pings = {
  advancing: () => ({ status: 'Healthy', time_of_last_update: Math.floor(Date.now() / 1000) }),
  busy: () => ({ status: 'HealthyBusy', time_of_last_update: started }),
  milliseconds: () => ({ status: 'Healthy', time_of_last_update: started * 1000 }),
  malformed: () => 'pong',
}
let first

createServer(async (request, response) => {
  if (request.url === '/ping') {
    const ping = pings[FAULT] ?? (() => ({ status: 'Healthy', time_of_last_update: started }))
    return response.end(JSON.stringify(ping()))
  }
  const { type, nonce, fails } = JSON.parse(await text(request))
  if (type === 'warmup') first ??= nonce
  if (fails === 'at-once') process.exit(1)
  if (fails === 'half-way') return response.write('data: one\n\n', () => process.exit(1))
  response.end(JSON.stringify(type === 'warmup' ? { nonce: first } : { text: 'hi' }))
}).listen(PORT)
