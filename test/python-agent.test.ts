// The Python of packages/agent/README.md, as it stands there.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { startEmulator } from '@warm-agent/emulator'
import type { AgentRequest } from '@warm-agent/proxy'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { snippetWith } from './support/readme-snippets.ts'

/** What the reader brings: it counts how often it was initialised, and fails once when it is told to. */
const ownAgent = `
import os
import time
starts = 0

def load_index():
    global starts
    starts += 1
    if starts == 1 and os.environ.get("FAILS_ONCE"):
        raise RuntimeError("no index yet")
    time.sleep(0.2)

def answer(prompt):
    return f"{prompt} after {starts} start{'s' if starts > 1 else ''}"
`

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'warm-agent-python-'))
  const readme = 'packages/agent/README.md'
  for (const name of ['warm_up.py', 'main.py', 'agent.py']) {
    await writeFile(join(directory, name), await snippetWith(readme, `# ${name}\n`))
  }
  await writeFile(join(directory, 'my_agent.py'), ownAgent)
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const standIn = fileURLToPath(new URL('fixtures/python', import.meta.url))

/** A session of an agent that the emulator runs. */
async function start(file: string, variables = '') {
  const command = `cd '${directory}' && exec env PYTHONPATH='${standIn}' ${variables} python3 -B ${file}`
  const emulator = await startEmulator({ agent: command })
  onTestFinished(() => emulator.close())
  const { env } = emulator
  const client = new BedrockAgentCoreClient({
    endpoint: env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE,
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
  })
  const runtime = createAgentCoreRuntime({ arn: env.AGENT_RUNTIME_ARN, client })
  const session = { id: 'a-session-of-the-python-agent-in-the-readme', qualifier: 'DEFAULT' }
  const invoke = async (request: AgentRequest) => {
    const { body } = await runtime.invoke(session, request, new AbortController().signal)
    return new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text()
  }
  return {
    warm: async (nonce: string) => runtime.readEcho(await invoke(runtime.warmUpRequest(nonce))),
    ask: (body: object) => {
      const bytes = new TextEncoder().encode(JSON.stringify(body))
      return invoke({ body: bytes, contentType: 'application/json', accept: 'application/json' }).then(JSON.parse)
    },
  }
}

describe.each([
  ['agent.py', 'the standard library alone', (text: string): unknown => ({ answer: text })],
  ['main.py', 'bedrock_agentcore', (text: string): unknown => text],
])('%s, on %s', (file, _, answered) => {
  test('a warm-up is answered with the first nonce and never reaches the agent, which is initialised once', async () => {
    const { warm, ask } = await start(file)
    expect(await warm('first')).toBe('first')
    expect(await warm('second')).toBe('first')
    expect(await ask({ prompt: 'Hello' })).toEqual(answered('Hello after 1 start'))
  })

  test('what only looks like a warm-up is a message', async () => {
    const { ask } = await start(file)
    const messages = [{ type: 'warmup' }, { type: 'warmup', nonce: 1 }, { type: 'warmup', nonce: 'n'.repeat(257) }]
    for (const message of messages) {
      expect(await ask({ ...message, prompt: 'Hi' })).toEqual(answered('Hi after 1 start'))
    }
  })

  test('a failed initialisation fails the warm-up, and the next one tries again', async () => {
    const { warm, ask } = await start(file, 'FAILS_ONCE=1')
    await expect(warm('first')).rejects.toMatchObject({ reason: 'agent' })
    expect(await warm('second')).toBe('first')
    expect(await ask({ prompt: 'Hello' })).toEqual(answered('Hello after 2 starts'))
  })

  test('ten who come at once are initialised for once', async () => {
    const { ask } = await start(file, 'FAILS_ONCE=1')
    // Starts the microVM, not yet the agent in it: a second call meanwhile would be refused with 409.
    await expect(ask({ prompt: 'Hi' })).rejects.toMatchObject({ reason: 'agent' })
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask({ prompt: 'Hi' })))
    expect(new Set(answers.map(each => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify(answered('Hi after 2 starts'))]),
    )
  })
})
