// Everything that a server uses of warm-agent, once: prints what a page would see.
import { once } from 'node:events'
import type { Server } from 'node:http'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { startEmulator } from '@warm-agent/emulator'
import { createWarmPool, memoryStore } from '@warm-agent/pool'
import { headerNames } from '@warm-agent/protocol'
import { anonymousCallers, createWarmProxy } from '@warm-agent/proxy'
import { toExpressHandler } from '@warm-agent/proxy/express'
import express from 'express'

const emulator = await startEmulator({ agent: 'node agent.js' })
Object.assign(process.env, emulator.env)
const secret = 'a secret that is known to everybody'

const runtime = createAgentCoreRuntime({ arn: emulator.env.AGENT_RUNTIME_ARN })
const pool = createWarmPool({ runtime, store: memoryStore(), target: 1 })
await pool.start()
const proxy = createWarmProxy({ runtime, pool, secret, authorize: anonymousCallers({ secret }) })

const server: Server = express().use('/api/agent', toExpressHandler(proxy.fetch)).listen(0)
await once(server, 'listening')
const { port } = server.address() as { port: number }
const endpoint = `http://127.0.0.1:${port}/api/agent`

const opened = await fetch(`${endpoint}/sessions`, { method: 'POST', body: '{}' })
const stream = await opened.text()
const events = stream.split('\n').filter(line => line.startsWith('event: '))
const [, ticket = ''] = /"ticket":"([^"]+)"/.exec(stream) ?? []
const [cookie = ''] = opened.headers.getSetCookie()
const message = await fetch(`${endpoint}/messages`, {
  method: 'POST',
  headers: { cookie: cookie.split(';')[0] ?? '', [headerNames.ticket]: ticket },
  body: JSON.stringify({ prompt: 'hello' }),
})
const answer = await message.json()
const outcome = message.headers.get(headerNames.outcome)

server.close()
server.closeAllConnections()
await proxy.close()
await pool.close()
await emulator.close()
const { totals } = emulator.ledger()
process.stdout.write(`${JSON.stringify({ events, outcome, answer, live: totals.live })}\n`)
