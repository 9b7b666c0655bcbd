import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test, vi } from 'vitest'
import { commandOf, createCalls, emulate, fixture, isRunning, nodeAgent, patience } from './harness.ts'

const clientError = (message: string | RegExp) => ({
  name: 'RuntimeClientError',
  $metadata: { httpStatusCode: 424 },
  message: expect.stringMatching(message),
})

test("turns an agent's 500 into 424, and lives on", async () => {
  const { invoke, report } = await emulate()
  await expect(invoke('fail', 'fail')).rejects.toMatchObject(
    clientError('Received error \\(500\\) from runtime. It answered: the model is gone'),
  )
  expect((await report('fail')).calls).toBe(2)
})

test('answers 424 when the agent dies over a call, and starts a new VM for the next one', async () => {
  const { emulator, invoke, report } = await emulate()
  const { pid } = await report('die')
  await expect(invoke('die', 'die')).rejects.toMatchObject(clientError('The agent did not answer: it ended'))
  expect((await report('die')).pid).not.toBe(pid)
  expect(emulator.ledger()).toMatchObject({ vms: [{ endReason: 'agent-exited' }, { state: 'idle' }] })
})

test('breaks the connection when the agent dies in the middle of a stream', async () => {
  const { events, open, report } = await emulate()
  const { body } = await open('cut', 'stream-and-die')
  expect(new TextDecoder().decode((await body.read()).value)).toBe('data: one\n\n')
  await expect(body.read()).rejects.toThrow()
  // The connection is broken towards the client only when the books know of the death, a little later than its first sign.
  expect(await report('cut')).toMatchObject({ calls: 1 })
  expect(events).toContainEqual(expect.objectContaining({ type: 'agent-exited', how: 'it exited with status 3' }))
})

test('starts a new VM after the agent was killed between two calls', async () => {
  const { happened, report } = await emulate()
  const { pid } = await report('killed')
  process.kill(pid, 'SIGKILL')
  expect(await happened('agent-exited')).toMatchObject({ how: 'it was ended by SIGKILL' })
  expect(await report('killed')).toMatchObject({ calls: 1 })
})

test('says why an agent did not start, and tries again with the next call', async () => {
  const { emulator, invoke } = await emulate({ agent: `AGENT_START=die ${nodeAgent}` })
  const failure = clientError('did not start: it exited with status 7. It printed last: no model could be loaded$')
  await expect(invoke('dead', 'hello')).rejects.toMatchObject(failure)
  await expect(invoke('dead', 'hello')).rejects.toMatchObject(failure)
  expect(emulator.ledger()).toMatchObject({
    totals: { vms: 2, live: 0, invokes: 0 },
    vms: [{ endReason: 'start-failed' }, {}],
  })
})

test.each([
  ['ignore', 0],
  ['inherit', 1],
] as const)('copies what agents print to stderr only when it is asked to: %s', async (agentOutput, times) => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => write.mockRestore())
  const { invoke } = await emulate({ agent: `AGENT_START=die ${nodeAgent}`, agentOutput })
  await expect(invoke('loud', 'hello')).rejects.toThrow()
  expect(write.mock.calls.filter(([text]) => text === 'no model could be loaded\n')).toHaveLength(times)
})

test('says nothing of its own about an agent that it ended', async () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => write.mockRestore())
  const agent = `${nodeAgent.replace('exec ', '')}; true`
  const { emulator, report } = await emulate({ agent, agentOutput: 'inherit' })
  await report('quiet')
  await emulator.close()
  expect(write.mock.calls.filter(([text]) => String(text).includes('Terminated'))).toEqual([])
})

test('says that the command does not exist', async () => {
  const { invoke } = await emulate({ agent: 'no-such-program --serve' })
  await expect(invoke('none', 'hello')).rejects.toMatchObject(clientError('no-such-program: .*not found'))
})

test('gives up an agent that never becomes ready, and leaves no process', async () => {
  const { emulator, invoke } = await emulate({ agent: `AGENT_START=hang ${nodeAgent}`, agentReadyTimeoutMs: 300 })
  await expect(invoke('hang', 'hello')).rejects.toMatchObject(clientError('Runtime initialization time exceeded'))
  const [vm] = emulator.ledger().vms
  expect(vm).toMatchObject({ state: 'ended', endReason: 'start-failed', pid: expect.any(Number) })
  expect(isRunning(vm?.pid ?? 0)).toBe(false)
})

test.each([
  ['that it is tried with', { tryAgent: true }],
  ['of a session', {}],
])(
  'an agent that answers elsewhere, in the process %s: says where it was asked, and not what its shell says of its end',
  async (_, more) => {
    const agent = 'echo I am elsewhere; sleep 60; true'
    const start = async () =>
      (await emulate({ agent, agentReadyTimeoutMs: 1_000, ...more })).invoke('elsewhere', 'hello')
    const { message } = await start().catch(error => error)
    expect(message).toMatch(/GET http:\/\/127\.0\.0\.1:\d+\/ping did not answer 200 in .+ I am elsewhere\b/)
    expect(message).not.toContain('Terminated')
  },
)

test("ends a shell with the agent that it started, and not before it: what has no parent may stay a container's zombie", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parting-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'parent')
  const agent = `PARTING_FILE='${file}' ${commandOf('node', 'parting-agent.mjs').replace('exec ', '')}; true`
  const { emulator, invoke, stop } = await emulate({ agent })
  await invoke('parting', 'hello')
  const [shell] = emulator.sessions()
  await stop('parting')
  expect(Number(await readFile(file, 'utf8'))).toBe(shell?.pid)
})

test('leaves no process behind when it is closed, whatever its sessions are doing', async () => {
  const { emulator, events, invoke, report } = await emulate({ agent: `true; ${nodeAgent.replace('exec ', '')}; true` })
  const { pid } = await report('idle')
  const waiting = expect(invoke('idle', 'wait')).rejects.toThrow()
  const starting = expect(invoke('starting', 'hello')).rejects.toThrow()
  await vi.waitFor(() => expect(events.filter(({ type }) => type === 'vm-provisioned')).toHaveLength(2), patience)
  const shells = emulator.sessions().map(vm => vm.pid ?? 0)
  await Promise.all([emulator.close(), emulator.close(), waiting, starting])
  expect([pid, ...shells].filter(isRunning)).toEqual([])
  expect(emulator.ledger().vms).toMatchObject([{ endReason: 'emulator-closed' }, { endReason: 'emulator-closed' }])
  await expect(fetch(emulator.url)).rejects.toThrow()
})

/** Starts an emulator in a process of its own. @returns the process, and the first line that it prints. */
async function startToKill(file: string, agent: string) {
  const arguments_ = ['--import', 'tsx', '--conditions', '@warm-agent/source', fixture(file), agent]
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(createInterface(child.stdout), 'line')
  return { child, line: line as string }
}

test('leaves no process behind when it is killed', async () => {
  const { child, line } = await startToKill('run-emulator.ts', nodeAgent)
  const { report } = createCalls(JSON.parse(line))
  const [one, two] = await Promise.all([report('one'), report('two')])
  expect([one.pid, two.pid].map(isRunning)).toEqual([true, true])
  child.kill('SIGKILL')
  await vi.waitFor(() => expect([one.pid, two.pid].filter(isRunning)).toEqual([]), patience)
})

test('leaves no process behind when it is killed just as one starts', async () => {
  const { line } = await startToKill('die-at-spawn.ts', nodeAgent)
  const pid = Number(line)
  onTestFinished(() => void (isRunning(pid) && process.kill(pid, 'SIGKILL')))
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), patience)
})
