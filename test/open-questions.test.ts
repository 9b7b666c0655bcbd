// What nobody could find out about the platform is a switch of the emulator; the kit keeps its promises either way.
import { createServer } from 'node:http'
import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { type EmulatorOptions, type SimulatedAgent, startEmulator } from '@warm-agent/emulator'
import { anonymousCallers, createWarmProxy } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listenLocally } from './support/listen-locally.ts'
import { createPage } from './support/page.ts'

const qualifiers = ['DEFAULT', 'blue']

/** Answers a warm-up with the first nonce of its VM, and a message with five chunks of its pid. */
const agent: SimulatedAgent<{ nonce?: string }> = {
  setUp: () => ({}),
  invoke(call, { state, pid }) {
    const { type, nonce } = call.json() as { type?: string; nonce?: string }
    if (type !== 'warmup') return sayFiveTimes(pid)
    state.nonce ??= nonce ?? ''
    return JSON.stringify({ status: 'warm', nonce: state.nonce })
  },
}

async function* sayFiveTimes(pid: number) {
  for (let chunk = 0; chunk < 5; chunk++) yield `data: ${JSON.stringify({ pid, chunk })}\n\n`
}

/** Page → proxy → AWS SDK → emulator → agent, with the switches set. */
async function startSpine(switches: Partial<EmulatorOptions>) {
  const emulator = await startEmulator({ agent, boot: { kind: 'fixed', ms: 200 }, ...switches })
  const { env } = emulator
  const client = new BedrockAgentCoreClient({
    endpoint: env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE,
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
  })
  const secret = 'a secret that only this test knows of'
  const proxy = createWarmProxy({
    runtime: createAgentCoreRuntime({ arn: env.AGENT_RUNTIME_ARN, qualifiers, client }),
    authorize: anonymousCallers({ secret }),
    secret,
  })
  const server = createServer(toNodeHandler(proxy.fetch))
  const { origin } = await listenLocally(server)
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await proxy.close()
    await emulator.close()
  })
  return { emulator, page: () => createPage(origin) }
}

describe.each<[string, Partial<EmulatorOptions>]>([
  ['409 as long as a session starts or ends', {}],
  ['409 for a moment', { conflictMs: 150 }],
  ['no 409 at all', { conflictMs: 0 }],
  ['teardowns that take their time', { teardownMs: 300 }],
  ['a VM goes when the client that started it leaves', { abortedProvisioning: 'cancel' }],
  ['endpoints share VMs', { sessionScope: 'id' }],
  ['all of it', { conflictMs: 0, teardownMs: 300, abortedProvisioning: 'cancel', sessionScope: 'id' }],
])('%s:', (_, switches) => {
  test('an early message joins its warm-up, later ones are warm, and closing leaves nothing', async () => {
    const { emulator, page } = await startSpine(switches)
    const visit = page()
    const { end } = await visit.open()
    const [early, second] = await Promise.all([visit.send({ prompt: 'hi' }), visit.send({ prompt: 'there' })])
    expect([early.outcome, second.outcome]).toEqual(['joined', 'joined'])
    expect(await end).toMatchObject({ event: 'warm', data: { evidence: 'observed' } })
    const later = await visit.send({ prompt: 'again' })
    expect(later.outcome).toBe('warm')
    expect(new Set([...early.pids, ...second.pids, ...later.pids]).size).toBe(1)
    await visit.close()
    await expect.poll(() => emulator.sessions()).toEqual([])
    // One warm-up and three messages, each run once.
    expect(emulator.ledger().totals).toMatchObject({ vms: 1, invokes: 4, warmUps: 1, resurrected: 0 })
  })

  test('a message without a session is answered, cold, and run once', async () => {
    const { emulator, page } = await startSpine(switches)
    const answer = await page().send({ prompt: 'hi' })
    expect([answer.outcome, answer.pids.length]).toEqual(['cold', 5])
    expect(emulator.ledger().totals).toMatchObject({ vms: 1, invokes: 1 })
  })

  test('a page that leaves while its session warms, and comes back, gets its answer, run once', async () => {
    const { emulator, page } = await startSpine(switches)
    const visit = page()
    const { end } = await visit.open()
    await visit.close()
    await end.catch(() => {})
    const answer = await visit.send({ prompt: 'hi' })
    expect(answer.pids).toHaveLength(5)
    const { invokes, warmUps } = emulator.ledger().totals
    expect(invokes - warmUps).toBe(1)
  })
})
