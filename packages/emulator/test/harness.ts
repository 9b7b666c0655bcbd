import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  BedrockAgentCoreClient,
  type BedrockAgentCoreClientConfig,
  InvokeAgentRuntimeCommand,
  StopRuntimeSessionCommand,
} from '@aws-sdk/client-bedrock-agentcore'
import { type Emulator, type EmulatorEvent, type EmulatorOptions, startEmulator } from '@warm-agent/emulator'
import { onTestFinished, vi } from 'vitest'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

export const nodeAgent = commandOf('node', 'agent.mjs')

export function commandOf(program: string, file: string): string {
  return `exec ${program} '${fixture(file)}'`
}

export function fixture(file: string): string {
  return fileURLToPath(new URL(`fixtures/${file}`, import.meta.url))
}

/** A session id of the platform's alphabet and length. */
export function sessionNamed(name: string): string {
  return name.padEnd(40, '0')
}

/** What the fixture agent says of itself. */
export interface Report {
  pid: number
  calls: number
  waiting: number
  left: number
  bytes: number
  headers: Record<string, string>
}

/** An emulator and the real AWS SDK as its client; both are gone when the test is. */
export async function emulate(options: Partial<EmulatorOptions> = {}) {
  const events: EmulatorEvent[] = []
  const emulator = await startEmulator({ agent: nodeAgent, onEvent: event => events.push(event), ...options })
  onTestFinished(() => emulator.close())
  const happened = (type: EmulatorEvent['type']): Promise<EmulatorEvent> =>
    vi.waitFor(() => {
      const event = events.find(each => each.type === type)
      if (!event) throw new Error(`${type} did not happen, only ${events.map(each => each.type)}`)
      return event
    }, patience)
  return { emulator, events, happened, ...createCalls(emulator.env) }
}

export const patience = { timeout: 5_000, interval: 5 }

/** The real SDK, which makes one attempt. */
export function createClient(env: Emulator['env'], config: BedrockAgentCoreClientConfig = {}): BedrockAgentCoreClient {
  return new BedrockAgentCoreClient({
    endpoint: env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE,
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
    maxAttempts: 1,
    ...config,
  })
}

/** For calls without the SDK. @param path below the runtime's own */
export function urlOf({ url, env }: Emulator, path = 'invocations'): string {
  return `${url}/runtimes/${encodeURIComponent(env.AGENT_RUNTIME_ARN)}/${path}`
}

export const sessionHeader = 'X-Amzn-Bedrock-AgentCore-Runtime-Session-Id'

/** The calls of a data-plane client. */
export function createCalls(env: Emulator['env']) {
  const client = createClient(env)
  const target = (session: string, qualifier?: string) => ({
    agentRuntimeArn: env.AGENT_RUNTIME_ARN,
    runtimeSessionId: sessionNamed(session),
    ...(qualifier === undefined ? {} : { qualifier }),
  })

  async function open(session: string, payload: string, { signal, qualifier }: CallOptions = {}) {
    const command = new InvokeAgentRuntimeCommand({
      ...target(session, qualifier),
      payload: new TextEncoder().encode(payload),
      contentType: 'application/json',
      accept: 'text/event-stream, application/json',
    })
    const { response, ...head } = await client.send(command, signal ? { abortSignal: signal } : {})
    if (!response) throw new Error('There is no body.')
    return { head, body: response.transformToWebStream().getReader() as ReadableStreamDefaultReader<Uint8Array> }
  }

  async function invoke(session: string, payload: string, options?: CallOptions): Promise<string> {
    const { body } = await open(session, payload, options)
    let text = ''
    for (let part = await body.read(); !part.done; part = await body.read())
      text += new TextDecoder().decode(part.value)
    return text
  }

  return {
    open,
    invoke,
    report: async (session: string, options?: CallOptions): Promise<Report> =>
      JSON.parse(await invoke(session, 'report', options)),
    stop: (session: string, qualifier?: string) =>
      client.send(new StopRuntimeSessionCommand(target(session, qualifier))),
  }
}

interface CallOptions {
  signal?: AbortSignal
  qualifier?: string
}

/** What came of a call: `ok`, or the name of its error. */
export async function outcomes(count: number, call: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = []
  for (let each = 0; each < count; each++)
    seen.push(
      await call().then(
        () => 'ok',
        error => error.name,
      ),
    )
  return seen
}

/** @returns whether a process runs; one that is dead and was not collected does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}
