import { InvokeAgentRuntimeCommandCommand } from '@aws-sdk/client-bedrock-agentcore'
import type { Emulator } from '@warm-agent/emulator'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createClient, emulate, isRunning, patience, sessionNamed } from './harness.ts'
import { createManualClock } from './manual-clock.ts'

async function open({ env }: Emulator, session: string, command: string, timeout?: number, signal?: AbortSignal) {
  const { stream, ...head } = await createClient(env).send(
    new InvokeAgentRuntimeCommandCommand({
      agentRuntimeArn: env.AGENT_RUNTIME_ARN,
      runtimeSessionId: sessionNamed(session),
      traceParent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      body: { command, timeout },
    }),
    signal ? { abortSignal: signal } : {},
  )
  if (!stream) throw new Error('There is no stream.')
  return { head, stream }
}

/** Runs a command to its end; what it printed is joined. */
async function run(...call: Parameters<typeof open>) {
  const { head, stream } = await open(...call)
  const printed = { stdout: '', stderr: '' }
  const order: string[] = []
  let stop: unknown
  for await (const { chunk } of stream) {
    order.push(...Object.keys(chunk ?? {}))
    printed.stdout += chunk?.contentDelta?.stdout ?? ''
    printed.stderr += chunk?.contentDelta?.stderr ?? ''
    stop = chunk?.contentStop ?? stop
  }
  return { head, ...printed, stop, order }
}

test("runs a command in the session's VM, and starts one when there is none", async () => {
  const { emulator, report } = await emulate()
  const { head, order, ...result } = await run(emulator, 'shell', 'echo out; echo err >&2; exit 3')
  expect(result).toEqual({ stdout: 'out\n', stderr: 'err\n', stop: { exitCode: 3, status: 'COMPLETED' } })
  expect([order[0], order.at(-1)]).toEqual(['contentStart', 'contentStop'])
  expect(head).toMatchObject({
    runtimeSessionId: sessionNamed('shell'),
    contentType: 'application/vnd.amazon.eventstream',
    traceParent: expect.stringMatching(/^00-4bf9/),
    statusCode: 200,
  })
  expect((await report('shell')).calls).toBe(1)
  expect(emulator.ledger().totals.vms).toBe(1)
})

test('reaches the agent of its own session under PORT', async () => {
  const { emulator, report } = await emulate()
  const { pid } = await report('port')
  const ask = `node -e 'fetch("http://127.0.0.1:" + process.env.PORT, { method: "POST" }).then(r => r.text()).then(t => process.stdout.write(t))'`
  expect(JSON.parse((await run(emulator, 'port', ask)).stdout)).toMatchObject({ pid, calls: 2 })
})

test('an agent, of a later version too, has the environment of when the emulator started, not what points this process at it', async () => {
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key-of-the-user')
  const { emulator } = await emulate()
  for (const [name, value] of Object.entries(emulator.env)) vi.stubEnv(name, value)
  const ask = 'echo "$AWS_ACCESS_KEY_ID $AWS_ENDPOINT_URL_BEDROCK_AGENTCORE"'
  expect((await run(emulator, 'first', ask)).stdout).toBe('key-of-the-user \n')
  emulator.update()
  expect((await run(emulator, 'later', ask)).stdout).toBe('key-of-the-user \n')
})

test('streams what a command prints as it comes', async () => {
  const { emulator } = await emulate()
  const { stream } = await open(emulator, 'slow', 'echo one; sleep 60')
  for await (const { chunk } of stream) if (chunk?.contentDelta?.stdout === 'one\n') break
})

test('passes much output on whole', async () => {
  const { emulator } = await emulate()
  const { stdout } = await run(emulator, 'large', `node -e 'process.stdout.write("ä".repeat(1000000))'`)
  expect(stdout).toBe('ä'.repeat(1_000_000))
})

test('ends a command that takes too long, and all that it started', async () => {
  const clock = createManualClock()
  const { emulator } = await emulate({ clock })
  const { stream } = await open(emulator, 'timeout', "sh -c 'echo $$; sleep 60'; echo never", 10)
  let pid = 0
  let last: unknown
  for await (const { chunk } of stream) {
    pid ||= Number(chunk?.contentDelta?.stdout ?? 0)
    last = chunk
    if (pid) clock.advance(10_000)
  }
  expect(last).toEqual({ contentStop: { exitCode: -1, status: 'TIMED_OUT' } })
  // What it had started is reaped by whoever has it now.
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), patience)
})

test('keeps a session from idling while a command runs', async () => {
  const clock = createManualClock()
  const { emulator } = await emulate({ clock, idleSeconds: 60 })
  const { stream } = await open(emulator, 'busy', 'sleep 900', 3_600)
  const events = stream[Symbol.asyncIterator]()
  await events.next()
  clock.advance(600_000)
  expect(emulator.sessions()).toMatchObject([{ state: 'active' }])
})

test.each(['the session is stopped', 'the client leaves'])('ends the command when %s', async why => {
  const { emulator, stop } = await emulate()
  const leaving = new AbortController()
  const { stream } = await open(emulator, 'cut', 'echo $$; sleep 60', undefined, leaving.signal)
  const events = stream[Symbol.asyncIterator]()
  let pid = 0
  while (!pid) pid = Number((await events.next()).value?.chunk?.contentDelta?.stdout ?? 0)
  expect(isRunning(pid)).toBe(true)
  if (why === 'the client leaves') leaving.abort()
  else {
    const rest = expect(events.next()).rejects.toMatchObject({ name: 'RuntimeClientError' })
    await stop('cut')
    await rest
  }
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), patience)
})
