// What somebody's own test of a chat would do, in plain Node: a page on a played proxy.
import { createWarmSession } from '@warm-agent/client'
import { createFakeEnvironment, warmAgentHandlers } from '@warm-agent/testing'
import { setupServer } from 'msw/node'

const proxy = warmAgentHandlers({ answer: 'Hello!' })
const server = setupServer(...proxy)
server.listen({ onUnhandledRequest: 'error' })

const endpoint = 'http://chat.example/api/agent'
const session = createWarmSession({ endpoint, environment: createFakeEnvironment() })
await session.warm()
const answer = await session.fetch(`${endpoint}/messages`, { method: 'POST', body: 'hello' })
const { outcome } = session.store.getState()
process.stdout.write(`${JSON.stringify({ outcome, answer: await answer.text(), seen: proxy.seen.messages.length })}\n`)
await session.close()
server.close()
