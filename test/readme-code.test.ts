// The front page's code, as it stands there, on real processes; and other READMEs' blocks that are programs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startEmulator } from '@warm-agent/emulator'
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai7'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { textOf } from './chat-clients/ai-sdk-protocol.ts'
import { freePort } from './support/free-port.ts'
import { listenLocally } from './support/listen-locally.ts'
import { createPage } from './support/page.ts'
import { snippetWith } from './support/readme-snippets.ts'

/** Beside the blocks that are compiled: packages resolve from here. Git does not know it. */
const directory = new URL('.snippets-run/', import.meta.url)
const runs = [process.execPath, '--conditions=@warm-agent/source', '--import', 'tsx']

beforeAll(async () => {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Writes a program: what its reader brings, then the block. */
async function write(name: string, given: string, code: string): Promise<string> {
  const file = new URL(name, directory)
  await writeFile(file, `${code}\n${given}\n`)
  return fileURLToPath(file)
}

const commandOf = (file: string) => `exec ${[...runs, file].map(word => `'${word}'`).join(' ')}`

/** Starts the front page's server on a port of its own, in front of an agent. */
async function serve(agent: string): Promise<string> {
  const emulator = await startEmulator({ agent })
  onTestFinished(() => emulator.close())
  const port = await freePort()
  const code = (await snippetWith('README.md', 'createServer(')).replace('8787', String(port))
  const file = await write('server.ts', `async function userIdFrom(_request: Request) { return 'ann' }`, code)
  const [program = '', ...words] = [...runs, file]
  const env = { ...process.env, ...emulator.env, WARM_AGENT_SECRET: 'a secret for one test, of 32 bytes' }
  const server = spawn(program, words, { env, stdio: ['ignore', 'inherit', 'inherit'] })
  onTestFinished(async () => {
    server.kill('SIGKILL')
    await once(server, 'exit')
  })
  const origin = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(`${origin}/api/agent/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  await expect.poll(answers, { timeout: 8_000 }).toBe(true)
  return origin
}

/** Opens a page, waits for the warm-up, and asks. */
async function ask(origin: string): Promise<{ evidence?: string; outcome: string | null; answer: string }> {
  const page = createPage(origin)
  const { end } = await page.open()
  const { data } = await end
  const response = await page.start({ prompt: 'Hello' })
  const answer = await response.text()
  await page.close()
  return {
    ...('evidence' in data && { evidence: data.evidence }),
    outcome: response.headers.get('warm-agent-outcome'),
    answer,
  }
}

test('the server and the agent of the front page: a page is warmed, its first message answered warm', async () => {
  const given = `async function* answerMessage(request: unknown) { yield JSON.stringify(request) + ', hello!' }`
  const agent = await write('agent.ts', given, await snippetWith('README.md', 'new BedrockAgentCoreApp('))
  const { evidence, outcome, answer } = await ask(await serve(commandOf(agent)))
  expect({ evidence, outcome }).toEqual({ evidence: 'observed', outcome: 'warm' })
  expect(answer).toContain('hello!')
}, 60_000)

test('the agent behind the AI SDK: its chat transport reads the answer, chunk by chunk', async () => {
  const given = `
    import { simulateReadableStream } from 'ai7'
    import { MockLanguageModelV4 } from 'ai7/test'
    const usage = { inputTokens: { total: 1 }, outputTokens: { total: 2 } }
    const finish = { type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage }
    const text = (type, delta) => ({ type, id: '1', delta })
    const chunks = [text('text-start'), text('text-delta', 'Hello'), text('text-delta', ' there'), text('text-end'), finish]
    const model = new MockLanguageModelV4({ doStream: async () => ({ stream: simulateReadableStream({ chunks }) }) })`
  const code = (await snippetWith('packages/agent/README.md', 'streamText(')).replace("from 'ai'", "from 'ai7'")
  // The model is made before the app that the block runs.
  const agent = await write('ai-sdk.ts', code, given)
  const origin = await serve(commandOf(agent))
  const transport = new DefaultChatTransport<UIMessage>({ api: `${origin}/api/agent/messages` })
  const messages: UIMessage[] = [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'Hello' }] }]
  const trigger = 'submit-message'
  const stream = await transport.sendMessages({
    chatId: '1',
    messageId: undefined,
    trigger,
    messages,
    abortSignal: undefined,
  })
  const answers = []
  for await (const { parts } of readUIMessageStream({ stream })) answers.push(textOf({ role: 'assistant', parts }))
  expect([...new Set(answers)].filter(Boolean)).toEqual(['Hello', 'Hello there'])
}, 60_000)

test('the agent without a framework: the same', async () => {
  const given = `async function loadIndex() {}\nasync function runAgent(body: unknown) { return { heard: body } }`
  const agent = await write('plain.ts', given, await snippetWith('packages/agent/README.md', "from 'node:http'"))
  const asked = await ask(await serve(commandOf(agent)))
  expect(asked).toEqual({ evidence: 'observed', outcome: 'warm', answer: '{"heard":{"prompt":"Hello"}}' })
}, 60_000)

test('the commands that go together without AWS, pasted over what an earlier run left behind', async () => {
  await writeFile(new URL('agent.js', directory), "import '../fixtures/agent.js'\n")
  await writeFile(new URL('emulator.env', directory), 'export AGENT_RUNTIME_ARN=left-behind\n')
  const block = await snippetWith('packages/cli/README.md', 'emulator.env')
  const code = block.replace('warm-agent emulate', '$& --port 0').replace('lognormal:2900,4900', 'fixed:0')
  const main = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
  const npx = `npx() { shift; ${[...runs, main].map(word => `'${word}'`).join(' ')} "$@"; }`
  const env = { PATH: process.env.PATH, PORT: '0' }
  const cwd = fileURLToPath(directory)
  const shell = spawn('sh', ['-c', `${npx}\n${code}`], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void process.kill(-(shell.pid ?? 0), 'SIGKILL'))
  const [line] = await Promise.race([once(createInterface(shell.stdout), 'line'), once(shell, 'exit')])
  const { evidence, outcome } = await ask(/http:\/\/[^/ ]+/.exec(String(line))?.[0] ?? 'the shell ended')
  expect({ evidence, outcome }).toEqual({ evidence: 'observed', outcome: 'warm' })
}, 60_000)

test('the route of Next.js can be imported without secrets, as a build does, and serves once they are there', async () => {
  const given = `
    import { anonymousCallers, createWarmProxy } from '@warm-agent/proxy'
    import { createAgentCoreRuntime } from '@warm-agent/agentcore'
    function createProxy() {
      const { AGENT_RUNTIME_ARN: arn = '', WARM_AGENT_SECRET: secret = '' } = process.env
      return createWarmProxy({ runtime: createAgentCoreRuntime({ arn }), secret, authorize: anonymousCallers({ secret }) })
    }`
  const code = await snippetWith('packages/proxy/README.md', 'toNextHandlers(')
  vi.stubEnv('WARM_AGENT_SECRET', undefined)
  const { GET } = await import(await write('next-route.ts', given, code))
  vi.stubEnv('WARM_AGENT_SECRET', 'a secret for one test, of 32 bytes')
  vi.stubEnv('AGENT_RUNTIME_ARN', 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5')
  expect((await GET(new Request('http://localhost/api/agent/health'))).status).toBe(200)
})

test('a chat route of one’s own ends its call to the agent when the user stops the answer', async () => {
  const agent = createServer()
  onTestFinished(() => void agent.close())
  const { origin } = await listenLocally(agent)
  const environment = {
    AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: origin,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const given = `
    const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
    const proxy = { session: async () => ({ runtimeSessionId: 'a-session-of-this-test-of-33-characters', qualifier: 'DEFAULT' }) }`
  const code = await snippetWith('packages/proxy/README.md', 'proxy.session(')
  const { POST } = await import(await write('chat-route.ts', given, code))
  const user = new AbortController()
  const answer = POST(new Request('http://localhost/api/chat', { method: 'POST', body: '{}', signal: user.signal }))
  const [call] = await once(agent, 'request')
  const ended = once(call.socket, 'close')
  user.abort()
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
  await ended
})

test.each([
  ['a chat', 'render(<Chat', 'chat.test.tsx'],
  ['a page', 'createFakeEnvironment(', 'fake-environment.test.ts'],
])('the test of %s that packages/testing shows is the one that runs there', async (_, text, name) => {
  const shown = await snippetWith('packages/testing/README.md', text)
  const file = await readFile(new URL(`../packages/testing/test/${name}`, import.meta.url), 'utf8')
  expect(file.startsWith(shown)).toBe(true)
})
