import { fileURLToPath } from 'node:url'
import { anonymousCallers } from '@warm-agent/proxy'
import { expect, test } from 'vitest'
import { deploy } from './deploy.ts'
import { diagnose, goodAgent } from './diagnose.ts'
import { relayTo } from './relay.ts'

/** A real process, which a message may end. */
const agent = `exec node '${fileURLToPath(new URL('agent.mjs', import.meta.url))}'`

test('messages that fail are named, by every way, and are not sent twice', async () => {
  const { emulator, env, url } = await deploy({}, { chaos: 'late:504,kind=message' })
  const { findings, status } = await diagnose(env, '--proxy-url', url)
  expect(findings).toMatchObject([
    { id: 'message-fails', what: expect.stringMatching(/by the runtime itself .*504/) },
    { id: 'message-fails', what: expect.stringContaining(`by ${url}`) },
  ])
  expect(status).toBe(1)
  expect(emulator.chaos.list()).toMatchObject([{ hit: 2 }])
})

/** An agent that keeps the contract of a warm-up, and answers every message with this status. */
function failing(status: number) {
  const good = goodAgent()
  const invoke: typeof good.invoke = (call, vm) =>
    (call.json() as { type?: string }).type === 'warmup' ? good.invoke(call, vm) : { status, body: '{}' }
  return { ...good, invoke }
}

const given = ['--message', '{"question":"Hello"}']

test.each([
  ['refuses a message that nobody gave: a risk, it may take others', 422, [], 'message-not-understood', 0],
  ['fails on a message that nobody gave: the same', 500, [], 'message-not-understood', 0],
  ['refuses the message that was given: a risk, it may be of another form', 422, given, 'message-not-understood', 0],
  ['fails on the message that was given: wrong', 500, given, 'message-fails', 1],
])('an agent that %s', async (_, agentStatus, args, id, status) => {
  const { env, url } = await deploy({}, { agent: failing(agentStatus) })
  const found = await diagnose(env, '--proxy-url', url, ...args)
  expect(found.findings).toMatchObject([
    { id, what: expect.stringMatching(new RegExp(`by the runtime itself.*${agentStatus}`)) },
    { id, what: expect.stringContaining(`by ${url}`) },
  ])
  expect(found.status).toBe(status)
})

test.each([
  ['TypeScript', 'event: error\ndata: {"error":"no messages"}\n\n'],
  [
    'Python',
    'data: {"error": "no messages", "error_type": "KeyError", "message": "An error occurred during streaming"}\n\n',
  ],
])('an error that the library for %s streams with status 200 is no answer', async (_, event) => {
  async function* fail() {
    yield event
  }
  const { env, url } = await deploy({}, { agent: goodAgent(fail) })
  const { findings, status } = await diagnose(env, '--proxy-url', url)
  expect(findings).toMatchObject([
    { id: 'message-not-understood', what: expect.stringMatching(/by the runtime itself: .*no messages/) },
    { id: 'message-not-understood', what: expect.stringContaining(`by ${url}`) },
  ])
  expect(status).toBe(0)
})

test('a microVM that ends over its message is named, and not the warming', async () => {
  const { env, url } = await deploy({}, { agent })
  // No look at /ping inside of the VM, which takes seconds.
  const elsewhere = ['--agent-url', 'http://127.0.0.1:1']
  const args = ['--proxy-url', url, '--message', '{"fails":"at-once"}', ...elsewhere]
  const { findings, status, check } = await diagnose(env, ...args)
  expect(findings.filter(each => each.check === 'canary')).toMatchObject([
    { id: 'vm-ended', what: expect.stringContaining('by the runtime itself') },
    { id: 'vm-ended', what: expect.stringContaining(`by ${url}`) },
  ])
  expect(check('canary')?.said).toMatch(/the runtime itself: warm, no answer .*, the VM gone/)
  expect(status).toBe(1)
})

test('so is one that ends in the middle of its answer', async () => {
  const { proxyOnly, url } = await deploy({}, { agent })
  const { findings, status } = await diagnose(proxyOnly, '--proxy-url', url, '--message', '{"fails":"half-way"}')
  expect(findings).toMatchObject([{ id: 'vm-ended', what: expect.stringContaining('broke off') }])
  expect(status).toBe(1)
})

test('an answer that breaks off while its microVM lives on fails, and no end of it is told', async () => {
  const { env, url } = await deploy({}, { chaos: 'reset:bytes=3,kind=message' })
  const { ids, status } = await diagnose(env, '--proxy-url', url)
  expect(ids).toEqual(['message-fails', 'message-fails'])
  expect(status).toBe(1)
})

test('instances with different secrets behind one balancer are named, and the session is stopped all the same', async () => {
  const others = 'another secret, of thirty-two bytes or more'
  const instances = [
    await deploy(),
    await deploy({ secret: others, authorize: anonymousCallers({ secret: others }) }),
  ] as const
  const url = `${await relayTo(instances.map(({ origin }) => origin))}/api/agent`
  const { findings, status, stdout } = await diagnose(instances[0].proxyOnly, '--proxy-url', url)
  expect(findings).toMatchObject([
    {
      id: 'message-fails',
      what: expect.stringMatching(/401 .*ticket_invalid/),
      why: expect.stringMatching(/again without its ticket/),
      whatToDo: expect.stringMatching(/the same WARM_AGENT_SECRET.*cookie/),
    },
  ])
  expect([status, JSON.parse(stdout).notStopped]).toEqual([1, 0])
  expect(instances.flatMap(({ emulator }) => emulator.sessions())).toEqual([])
})
