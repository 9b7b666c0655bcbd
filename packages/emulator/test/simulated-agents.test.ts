import { createSimulatedRuntime, createVirtualClock, type SimulatedAgent } from '@warm-agent/emulator'
import { expect, test } from 'vitest'
import { emulate } from './harness.ts'

const never = new AbortController().signal

test('a handler answers over HTTP as an agent process does', async () => {
  const { emulator, invoke, open, stop } = await emulate({
    agent: call => `{"heard":"${call.text()}","from":"${call.headers['content-type']}"}`,
  })
  const { head } = await open('sim', 'hello')
  expect(head).toMatchObject({ statusCode: 200, contentType: 'application/json' })
  expect(JSON.parse(await invoke('sim', 'hello'))).toEqual({ heard: 'hello', from: 'application/json' })
  await stop('sim')
  expect(emulator.ledger().totals).toMatchObject({ vms: 1, live: 0, invokes: 2, stops: 1 })
})

test('streams what a handler yields as it comes, and cuts it when the session is stopped', async () => {
  let goOn = () => {}
  async function* answer() {
    yield 'data: one\n\n'
    await new Promise<void>(resolve => {
      goOn = resolve
    })
    yield 'data: two\n\n'
  }
  const { open, stop } = await emulate({ agent: () => answer() })
  const read = async (body: ReadableStreamDefaultReader<Uint8Array>) =>
    new TextDecoder().decode((await body.read()).value)
  const { head, body } = await open('stream', 'hello')
  expect(head.contentType).toBe('text/event-stream')
  expect(await read(body)).toBe('data: one\n\n')
  goOn()
  expect(await read(body)).toBe('data: two\n\n')
  const second = await open('stream', 'hello')
  await read(second.body)
  const cut = expect(second.body.read()).rejects.toThrow()
  await stop('stream')
  await cut
})

test('turns what a handler throws, and a status of its own, into 424', async () => {
  const { invoke } = await emulate({
    agent: call => {
      if (call.text() === 'throw') throw new Error('no model today')
      return { status: 400, contentType: 'text/plain', body: 'say more' }
    },
  })
  await expect(invoke('bad', 'throw')).rejects.toMatchObject({
    name: 'RuntimeClientError',
    message: 'Received error (500) from runtime. It answered: no model today',
  })
  await expect(invoke('bad', 'other')).rejects.toMatchObject({ message: expect.stringContaining('(400)') })
})

test('an agent that exits takes its VM with it, and the next call starts another', async () => {
  const { emulator, happened, invoke } = await emulate({
    agent: {
      setUp: () => ({ calls: 0 }),
      invoke(call, vm) {
        if (call.text() === 'exit') vm.exit(3)
        return String(++vm.state.calls)
      },
    } satisfies SimulatedAgent<{ calls: number }>,
  })
  expect([await invoke('crash', 'hello'), await invoke('crash', 'hello')]).toEqual(['1', '2'])
  await invoke('crash', 'exit').catch(() => {})
  expect(await happened('agent-exited')).toMatchObject({ how: 'it exited with status 3' })
  expect(await invoke('crash', 'hello')).toBe('1')
  expect(emulator.ledger()).toMatchObject({ vms: [{ endReason: 'agent-exited' }, { state: 'idle' }] })
})

/** What a VM believes to be: drawn in its module scope, and counted over its calls. */
const introspective: SimulatedAgent<{ id: number; calls: number }> = {
  setUp: ({ random }) => ({ id: random(), calls: 0 }),
  invoke: (_, { state, pid, hostname, random }) => {
    state.calls++
    return JSON.stringify({ ...state, pid, hostname, drawn: random() })
  },
}

async function lookInto(platform: 'v1-code' | 'v2', seed = 1) {
  const clock = createVirtualClock()
  const runtime = createSimulatedRuntime({ clock, platform, agent: introspective, seed })
  const ask = async (id: string) => {
    const call = runtime.invoke({ id, qualifier: 'DEFAULT' }, runtime.warmUpRequest('1'), never)
    await clock.advance(10_000)
    return new Response((await call).body).json()
  }
  return { runtime, seen: [await ask('one'), await ask('two'), await ask('one')] }
}

test('on V1 every VM has a module scope, a pid, a host name and random numbers of its own', async () => {
  const { seen } = await lookInto('v1-code')
  for (const key of ['id', 'pid', 'hostname', 'drawn']) expect(seen[0][key]).not.toEqual(seen[1][key])
  expect(seen[2]).toMatchObject({ id: seen[0].id, calls: 2 })
})

test('on V2 every VM is a copy of one snapshot: all of that repeats, and what a VM does to it stays its own', async () => {
  const { seen } = await lookInto('v2')
  expect(seen[1]).toEqual(seen[0])
  expect(seen[2]).toMatchObject({ id: seen[0].id, calls: 2 })
  // Even what is drawn later: the generator is in the snapshot.
  expect(seen[2].drawn).not.toBe(seen[0].drawn)
})

test('the same seed gives the same agents, another seed others', async () => {
  const [one, same, other] = [await lookInto('v2', 1), await lookInto('v2', 1), await lookInto('v2', 2)]
  expect(same.seen).toEqual(one.seen)
  expect(other.seen[0].id).not.toBe(one.seen[0].id)
})

test('an update leaves live sessions their version, and moves DEFAULT and what it names', async () => {
  const { emulator, invoke, stop } = await emulate({ agent: () => 'one' })
  await invoke('live', 'hello')
  await invoke('blue', 'hello', { qualifier: 'blue' })
  expect(emulator.update({ agent: () => 'two' })).toBe(2)
  expect([await invoke('live', 'hello'), await invoke('new', 'hello')]).toEqual(['one', 'two'])
  expect(await invoke('new', 'hello', { qualifier: 'blue' })).toBe('one')
  expect(emulator.update({ agent: () => 'three', qualifiers: ['blue'] })).toBe(3)
  expect(await invoke('newer', 'hello', { qualifier: 'blue' })).toBe('three')
  expect(await invoke('live', 'hello')).toBe('one')
  await stop('live')
  expect(await invoke('live', 'hello')).toBe('three')
  expect(emulator.sessions().map(vm => vm.version)).toEqual([1, 2, 1, 3, 3])
})
