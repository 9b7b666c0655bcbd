import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { stopAll, warmAgent, warmAgentOnce } from './support/command.ts'

afterAll(stopAll)

const agent = 'node test/fixtures/agent.js'

/** The command, and the port of a proxy that uses what it printed. */
async function startEmulator(flags: string[]) {
  const command = warmAgent(['emulate', '--agent', agent, '--port', '0', ...flags])
  const read = async (name: string) => (await command.lineMatching(new RegExp(`^export ${name}=(.+)$`)))[1] ?? ''
  const url = await read('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE')
  const runtime = createAgentCoreRuntime({
    arn: await read('AGENT_RUNTIME_ARN'),
    client: new BedrockAgentCoreClient({
      endpoint: url,
      region: await read('AWS_REGION'),
      credentials: {
        accessKeyId: await read('AWS_ACCESS_KEY_ID'),
        secretAccessKey: await read('AWS_SECRET_ACCESS_KEY'),
      },
    }),
  })
  const warm = (name: string) =>
    runtime.invoke(
      { id: name.padEnd(40, '0'), qualifier: 'DEFAULT' },
      runtime.warmUpRequest('nonce'),
      AbortSignal.timeout(8_000),
    )
  const ledger = async () => (await fetch(`${url}/_emulator/ledger`)).json()
  return { command, warm, ledger }
}

// Beside each other: most of their time is that of a process that starts.
test.concurrent.for<[string, string[], RegExp]>([
  [
    '--agent',
    ['--agent', 'no-such-program --serve'],
    /^Could not start the agent with "no-such-program --serve": .*not found\. .+$/,
  ],
  [
    '--agent',
    ['--agent', 'node no-such-file.js'],
    /^Could not start the agent with "node no-such-file\.js": .*(Cannot find module|MODULE_NOT_FOUND).+$/,
  ],
  [
    '--platform',
    ['--agent', agent, '--platform', 'v3'],
    /^Could not use --platform: "v3" is none of v1-code, v1-container, v2\.$/,
  ],
  ['--boot', ['--agent', agent, '--boot', 'soon'], /^Could not use --boot: "soon" is neither .+$/],
  [
    '--boot',
    ['--agent', agent, '--boot', 'file:no-such-file'],
    /^Could not start the emulator: option "boot" is .+ENOENT.+$/,
  ],
  ['--conflict-ms', ['--agent', agent, '--conflict-ms', 'soon'], /^Could not .+conflict-ms.+$/],
])('%s that makes no sense is one sentence and exit status 2: %j', async ([_, flags, sentence], { expect }) => {
  const { code, stderr } = await warmAgentOnce(['emulate', '--port', '0', ...flags])
  expect(stderr.trim()).toMatch(sentence)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(2)
})

test.each(['SIGTERM', 'SIGHUP'] as const)(
  'gives the first session the agent that it tried, is quiet, and leaves nothing at %s',
  async signal => {
    const { command, warm, ledger } = await startEmulator([])
    await warm('one')
    await warm('two')
    const { vms, totals } = await ledger()
    expect(totals).toMatchObject({ vms: 2, live: 2, boots: 2, warmUps: 2 })
    expect(new Set(vms.map(({ pid }: { pid: number }) => pid)).size).toBe(2)
    expect(await command.stop(signal)).toBe(0)
    expect(command.stderr()).toBe('')
    for (const { pid } of vms) expect(() => process.kill(pid, 0)).toThrow()
  },
)

test('draws boots from a file, keeps a quota, and tells people what happens', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'boots-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'boots.txt'), '120\n120, 120\n')
  const { command, warm, ledger } = await startEmulator([
    '--boot',
    `file:${join(folder, 'boots.txt')}`,
    '--active-sessions',
    '1',
    '--verbose',
  ])
  await warm('one')
  await expect(warm('two')).rejects.toMatchObject({ reason: 'quota' })
  expect(await ledger()).toMatchObject({
    vms: [{ delayMs: 120 }],
    totals: { refused: { ServiceQuotaExceededException: 1 } },
  })
  await command.stop()
  const said = command.stderr()
  expect(said).toMatch(/VM 1 \(session one00000…, DEFAULT\) is provisioned, which takes 0\.12 s\.\n/)
  expect(said).toMatch(/Refused with 402 ServiceQuotaExceededException, session two00000…: .+\n/)
})
