import { createServer } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { stopAll, warmAgent, warmAgentOnce } from './support/command.ts'
import { listenLocally } from './support/listen-locally.ts'

afterEach(stopAll)

const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
const secret = 'thirty-two bytes or more of something random'
const good = { AGENT_RUNTIME_ARN: arn, WARM_AGENT_SECRET: secret, PORT: '0' }

test('a wrong setting is one sentence on stderr and exit status 2', async () => {
  const { code, stderr } = await warmAgentOnce(['proxy'], { ...good, AGENT_RUNTIME_ARN: 'nonsense' })
  expect(stderr).toMatch(/^Could not use the agent runtime ARN "nonsense": [^\n]+\n$/)
  expect(code).toBe(2)
})

test('a busy port is one sentence and exit status 2', async () => {
  const server = createServer()
  const port = String((await listenLocally(server)).port)
  const [proxy, emulator] = await Promise.all([
    warmAgentOnce(['proxy', '--port', port], good),
    warmAgentOnce(['emulate', '--agent', 'true', '--port', port]),
  ])
  server.close()
  for (const { code, stderr } of [proxy, emulator]) {
    expect(stderr).toMatch(new RegExp(`^Could not [^\\n]*${port}\\b[^\\n]* is in use[^\\n]*\\n$`))
    expect(code).toBe(2)
  }
})

test.each([
  ['SIGTERM', 'SIGTERM'],
  ['the end of its terminal', 'SIGHUP'],
] as const)(
  'the proxy says where it listens, refuses callers it cannot tell apart, and ends at %s with 0',
  async (_, signal) => {
    const proxy = warmAgent(['proxy'], good)
    const [, origin] = await proxy.lineMatching(
      /port \d+, base path \/api\/agent: (http:\/\/127\.0\.0\.1:\d+)\/api\/agent$/,
    )
    expect(await (await fetch(`${origin}/api/agent/health`)).json()).toEqual({ status: 'ok' })
    expect((await fetch(`${origin}/api/agent/sessions`, { method: 'POST' })).status).toBe(401)
    expect(await proxy.stop(signal)).toBe(0)
    expect(proxy.stderr()).toContain('WARM_AGENT_ANONYMOUS')
  },
)
