import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { startEmulator } from '@warm-agent/emulator'
import { defaultBasePath } from '@warm-agent/protocol'
import { anonymousCallers, createWarmProxy, memoryLedger } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { tokensPerSecond } from './agent/pace.ts'
import { conversationHeader } from './conversation-header.ts'
import type { DemoDescription } from './demo-description.ts'

export interface DemoBackend {
  fetch(request: Request): Promise<Response>
  /** The same for `node:http`, and so for Vite's dev server. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>
  description: DemoDescription
  /** Stops the proxy, the emulator and every agent, and forgets what was asked. */
  close(): Promise<void>
}

/** As the article measured it on AWS: half of the cold starts take 2.9 s, one in a hundred 4.9 s. */
const boot = { medianMs: 2900, p99Ms: 4900 }

/** Run once for each session, from the root of the repository. */
const agentCommand = 'node --disable-warning=FSTDEP023 --conditions=@warm-agent/source --import tsx demo/agent/main.ts'

/** Everything behind the page: the proxy, and an emulator unless `AGENT_RUNTIME_ARN` names a runtime on AWS. */
export async function startDemoBackend(): Promise<DemoBackend> {
  const platform = await startPlatform(process.env.AGENT_RUNTIME_ARN)
  const description: DemoDescription = { ...platform.description, tokensPerSecond }
  const secret = randomBytes(32).toString('base64url')
  const proxy = createWarmProxy({
    runtime: createAgentCoreRuntime({ arn: platform.arn }),
    authorize: anonymousCallers({ secret }),
    ledger: memoryLedger(),
    conversationId: conversationHeader,
    secret,
    basePath: defaultBasePath,
  })
  const fetch = async (request: Request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/api/demo') return Response.json(description)
    if (pathname === '/api/demo/microvms' && platform.countMicroVms) return Response.json(platform.countMicroVms())
    return proxy.fetch(request)
  }

  return {
    fetch,
    handle: toNodeHandler(fetch),
    description,
    async close() {
      await proxy.close()
      await platform.close()
    },
  }
}

async function startPlatform(arn: string | undefined) {
  if (arn) {
    const region = arn.split(':')[3] ?? ''
    return { arn, description: { runsOn: 'aws' as const, region }, countMicroVms: undefined, close: async () => {} }
  }
  const historyFolder = await mkdtemp(join(tmpdir(), 'warm-agent-demo-'))
  const forget = () => rm(historyFolder, { recursive: true, force: true })
  // The emulator starts the first agent at once.
  process.env.DEMO_HISTORY_FOLDER = historyFolder
  const emulator = await startEmulator({
    agent: agentCommand,
    boot: { kind: 'lognormal', ...boot },
    agentOutput: 'inherit',
  }).catch(async error => {
    await forget()
    throw error
  })
  // Never taken back: when Vite restarts, the next backend starts before this one closes. The ARN stays out of it, as the next
  // backend would take it for a runtime on AWS.
  const { AGENT_RUNTIME_ARN: emulatedArn, ...environment } = emulator.env
  Object.assign(process.env, environment, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' })
  // The AWS SDK would take its credentials before the emulator's.
  delete process.env.AWS_PROFILE
  return {
    arn: emulatedArn,
    description: { runsOn: 'emulator' as const, boot },
    countMicroVms: () => emulator.ledger().totals,
    async close() {
      await emulator.close()
      await forget()
    },
  }
}
