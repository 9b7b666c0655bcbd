import type { AgentRequest } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { createTestProxy, outcomeOf, ticketOf } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

test.each([204, 205, 304])(
  'an agent that answers %i, without a body, is answered for: it has run, and its socket is free',
  async status => {
    const { runtime, log, answerWith } = createFakeRuntime()
    const cancel = vi.fn()
    answerWith(() => new ReadableStream({ cancel }))
    const { send, events } = createTestProxy({
      runtime: {
        ...runtime,
        invoke: async (...words) => ({ ...(await runtime.invoke(...words)), status }),
      },
    })
    const answer = await send('notify')
    expect([answer.status, outcomeOf(answer), await answer.text()]).toEqual([status, 'cold', ''])
    expect(log).toContain('vm 1 ran notify')
    expect(cancel).toHaveBeenCalledOnce()
    expect(events.map(({ type }) => type)).toEqual(['message-answered'])
  },
)

test('what an agent says in its headers replaces nothing that the proxy says, in whatever case', async () => {
  const { runtime } = createFakeRuntime()
  const ours = { 'warm-agent-version': '2', 'x-accel-buffering': 'yes', 'cache-control': 'public' }
  const forged = { ...ours, 'content-type': 'text/html', 'server-timing': 'forged', etag: '"kept"' }
  const invoke: typeof runtime.invoke = async (...call) => ({
    ...(await runtime.invoke(...call)),
    headers: { ...forged, 'warm-agent-outcome': 'forged', 'WARM-AGENT-TICKET': 'forged' },
  })
  const { send } = createTestProxy({ runtime: { ...runtime, invoke } })
  const answer = await send('hi')
  expect([outcomeOf(answer), answer.headers.get('etag')]).toEqual(['cold', '"kept"'])
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  expect(answer.headers.get('server-timing')).not.toContain('forged')
  expect(Object.keys(ours).map(name => answer.headers.get(name))).toEqual(['1', 'no', 'no-store, no-transform'])
  expect(outcomeOf(await send('again', ticketOf(answer)))).toBe('warm')
})

/** Sends one message, and tells what the agent was asked. */
async function asked(body: string, headers: Record<string, string>): Promise<AgentRequest | undefined> {
  const { runtime } = createFakeRuntime()
  let last: AgentRequest | undefined
  const invoke: typeof runtime.invoke = (session, request, ...rest) => {
    last = request
    return runtime.invoke(session, request, ...rest)
  }
  const { send } = createTestProxy({ runtime: { ...runtime, invoke } })
  await (await send(body, undefined, { headers })).text()
  return last
}

const label = 'text/plain;charset=UTF-8'
test.each([
  ['JSON that a browser labelled', '{"prompt":"hi"}', label, 'application/json'],
  ['a list that a body parser has relabelled', ' [1]', 'text/plain; charset=utf-8', 'application/json'],
  ['JSON without a charset', '{"prompt":"hi"}', 'text/plain', 'application/json'],
  ['what only begins like JSON', '{hi}', label, label],
  ['a number that somebody typed', '42', label, label],
  ['text', 'hi', label, label],
  ['JSON in another charset', '{"prompt":"hi"}', 'text/plain;charset=latin1', 'text/plain;charset=latin1'],
  ['JSON of a type of its own', '{"a":1}', 'application/vnd.own+json', 'application/vnd.own+json'],
])('%s goes to the agent as what it is', async (_, body, type, expected) => {
  expect((await asked(body, { 'content-type': type }))?.contentType).toBe(expected)
})

test.each([
  ['*/*', 'text/event-stream, application/json'],
  ['application/json, text/plain, */*', 'text/event-stream, application/json'],
  ['text/html,*/*;q=0.8', 'text/event-stream, application/json'],
  ['application/json', 'application/json'],
])('a page that accepts %s is passed on as accepting %s', async (accept, expected) => {
  expect((await asked('hi', { accept }))?.accept).toBe(expected)
})
