import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { startEmulator } from '@warm-agent/emulator'
import { anonymousCallers, createWarmProxy } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { createPage } from '../support/page.ts'

/** How long the stubbed agent thinks before its first token: a warm invoke on AWS takes as long (agentcore-samples, September 2026). */
export const thinkMs = 150
/** How long after the page opened a user sends in the scenario `joined`. */
export const typingMs = 1000
/** The article's benchmark of April 2026: a cold start takes 2.9 s at the median and 4.9 s at p99. */
export const boot = { kind: 'lognormal', medianMs: 2900, p99Ms: 4900 } as const

export type Scenario = 'cold' | 'joined' | 'warm' | 'steady'

/** One first message: what it met, and the time from sending it to the first byte of the answer's body. */
export interface Sample {
  outcome: string
  firstByteMs: number
}

/** The spine in one process but for the agents: page → proxy → AWS SDK → emulator → agent processes. */
export async function startBench(seed: number) {
  const emulator = await startEmulator({ agent: 'node test/fixtures/agent.js', boot, seed })
  Object.assign(process.env, emulator.env)
  const secret = 'a secret that only this bench knows of'
  const proxy = createWarmProxy({
    runtime: createAgentCoreRuntime({ arn: emulator.env.AGENT_RUNTIME_ARN }),
    authorize: anonymousCallers({ secret }),
    secret,
  })
  const server = createServer(toNodeHandler(proxy.fetch)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function ask(page: ReturnType<typeof createPage>): Promise<Sample> {
    const sentAt = performance.now()
    const response = await page.start({ prompt: 'hi', chunks: 1, everyMs: 0, thinkMs })
    await response.body?.getReader().read()
    return { outcome: response.headers.get('warm-agent-outcome') ?? 'none', firstByteMs: performance.now() - sentAt }
  }

  return {
    async measure(scenario: Scenario): Promise<Sample> {
      const page = createPage(origin)
      if (scenario !== 'cold') {
        const { end } = await page.open()
        await (scenario === 'joined' ? wait(typingMs) : end)
      }
      if (scenario === 'steady') await ask(page)
      const sample = await ask(page)
      await page.close()
      return sample
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await proxy.close()
      await emulator.close()
    },
  }
}
