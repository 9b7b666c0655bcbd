import { conversationOf, warmable } from '@warm-agent/agent'
import { BedrockAgentCoreApp, type RequestContext } from 'bedrock-agentcore/runtime'
import { expect, test } from 'vitest'
import { serveAgent } from './serve-agent.ts'

const prefix = 'X-Amzn-Bedrock-AgentCore-Runtime-Custom-Conversation'
const told = { [`${prefix}-Id`]: 'trip%20%E2%9C%88', [`${prefix}-Vm`]: 'known', [`${prefix}-Outcome`]: 'warm' }

test.each([
  ['plain headers', told],
  ['those of node:http', Object.fromEntries(Object.entries(told).map(([name, value]) => [name.toLowerCase(), value]))],
  ['Fetch headers', new Headers(told)],
])('the conversation is read from %s', (_, headers) => {
  expect(conversationOf(headers)).toEqual({ id: 'trip ✈', isNewHere: false, outcome: 'warm' })
})

test('without its headers there is no conversation, and half of them is one that is new here', () => {
  expect(conversationOf({ accept: '*/*', cookie: undefined })).toBeUndefined()
  for (const half of [{}, { [`${prefix}-Vm`]: '', [`${prefix}-Outcome`]: '' }]) {
    expect(conversationOf({ [`${prefix}-Id`]: 'a', ...half })).toEqual({ id: 'a', isNewHere: true, outcome: 'cold' })
  }
})

test.each([undefined, ''])('a header that was copied although it is not there, as %j, is no conversation', id => {
  expect(conversationOf({ [`${prefix}-Id`]: id })).toBeUndefined()
})

test('an id that no proxy encoded is taken as it is: a message must not fail of it', () => {
  expect(conversationOf({ [`${prefix}-Id`]: '100%' })).toMatchObject({ id: '100%' })
})

test('it reaches a handler of the platform’s own library in its context', async () => {
  const process = async (_: unknown, { headers }: RequestContext) => conversationOf(headers) ?? null
  const invoke = await serveAgent(
    new BedrockAgentCoreApp({
      invocationHandler: warmable({ process }),
      config: { logging: { enabled: false } },
    }),
  )
  const answer = await invoke({ prompt: 'hi' }, 'application/json', told)
  expect(await answer.json()).toEqual({ id: 'trip ✈', isNewHere: false, outcome: 'warm' })
})
