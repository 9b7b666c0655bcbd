import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Sha256 } from '@aws-crypto/sha256-js'
import { HttpRequest } from '@smithy/protocol-http'
import { SignatureV4 } from '@smithy/signature-v4'
import { startEmulator } from '@warm-agent/emulator'

const agentFile = fileURLToPath(new URL('../fixtures/agent.mjs', import.meta.url))
const sessionHeader = 'x-amzn-bedrock-agentcore-runtime-session-id'
const sockets = new Agent({ keepAlive: true })

/** The median time of a warm call in milliseconds: to the agent process itself, and to the same agent through an emulator. */
export async function measureOverhead(calls: number) {
  const bare = await startAgent()
  const [signed, unsigned] = await Promise.all(
    (['sigv4', 'none'] as const).map(auth => startEmulator({ agent: `exec node '${agentFile}'`, auth })),
  )
  if (!signed || !unsigned) throw new Error('There is no emulator.')
  const urlOf = (emulator: typeof signed) =>
    new URL(`/runtimes/${encodeURIComponent(emulator.env.AGENT_RUNTIME_ARN)}/invocations`, emulator.url)
  const headers = await signer(signed.env, urlOf(signed))
  const callers = [
    () => call(new URL('/invocations', bare.url), {}),
    () => call(urlOf(signed), headers),
    () => call(urlOf(unsigned), { [sessionHeader]: 'u'.repeat(40) }),
  ]
  const samples: number[][] = callers.map(() => [])
  for (let index = 0; index < calls + 100; index++) {
    // In turn, so that a busy machine slows all of them alike.
    for (const [which, caller] of callers.entries()) {
      const startedAt = performance.now()
      await caller()
      if (index >= 100) samples[which]?.push(performance.now() - startedAt)
    }
  }
  await Promise.all([signed.close(), unsigned.close()])
  bare.end()
  sockets.destroy()
  const [bareMs = 0, emulatedMs = 0, unverifiedMs = 0] = samples.map(median)
  return { bareMs, emulatedMs, unverifiedMs }
}

async function startAgent() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  const child = spawn('node', [agentFile], { env: { ...process.env, PORT: String(port) } })
  const url = `http://127.0.0.1:${port}`
  const until = performance.now() + 10_000
  while (!(await fetch(`${url}/ping`).catch(() => undefined))) {
    if (performance.now() > until) {
      child.kill()
      throw new Error('Could not measure: the agent did not start within 10 s. Start it by itself to see why.')
    }
    await wait(20)
  }
  return { url, end: () => void child.kill() }
}

/** The headers of one signed call; a signature is good for five minutes, so all calls use it. */
async function signer(env: Record<string, string>, url: URL): Promise<Record<string, string>> {
  const signature = new SignatureV4({
    service: 'bedrock-agentcore',
    region: env.AWS_REGION ?? '',
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '' },
    sha256: Sha256,
  })
  const { headers } = await signature.sign(
    new HttpRequest({
      method: 'POST',
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      headers: { host: url.host, [sessionHeader]: 's'.repeat(40) },
      body: 'report',
    }),
  )
  return headers
}

function call(url: URL, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers, agent: sockets })
      .on('response', answer => {
        void text(answer).then(said => {
          if (said.includes('"calls"')) resolve()
          else reject(new Error(`${answer.statusCode} ${said}`))
        }, reject)
      })
      .on('error', reject)
      .end('report')
  })
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
