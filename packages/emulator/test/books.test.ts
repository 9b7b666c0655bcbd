import {
  createSimulatedRuntime,
  createVirtualClock,
  describeEvent,
  type EmulatorEvent,
  type SimulatedRuntimeOptions,
} from '@warm-agent/emulator'
import { expect, test } from 'vitest'
import { emulate, sessionNamed } from './harness.ts'

const hour = 3_600_000
const justMemory = { bootVcpuSeconds: 0 }

/** A session that boots at once, and what the books say of it after such times. */
async function dollarsAfter(heldMs: number[], options: SimulatedRuntimeOptions): Promise<number[]> {
  const clock = createVirtualClock()
  const boot = { kind: 'fixed', ms: 0 } as const
  const runtime = createSimulatedRuntime({ clock, boot, preWarmed: 0, idleSeconds: 28_800, ...options })
  await runtime.invoke({ id: 'held', qualifier: 'DEFAULT' }, runtime.warmUpRequest('1'), new AbortController().signal)
  const startedAt = clock.now()
  const dollars: number[] = []
  for (const ms of heldMs) {
    await clock.advance(startedAt + ms - clock.now())
    dollars.push(runtime.ledger().totals.dollars)
  }
  return dollars
}

// From the price list and the measured footprints: packages/protocol/src/prices.ts.
test.each<[string, SimulatedRuntimeOptions, number, number, number]>([
  ['an unused warm-up on V2', { platform: 'v2' }, 15 * 60_000, 1, 0.0051],
  [
    'an unused warm-up of a 2 GB image on V1',
    { platform: 'v1-container', imageMegabytes: 2_000 },
    15 * 60_000,
    1,
    0.0198,
  ],
  ['forty held for an hour on V2', { platform: 'v2' }, hour, 40, 0.81],
])('%s costs what was published', async (_, options, heldMs, count, expected) => {
  const [dollars = 0] = await dollarsAfter([heldMs], { ...options, prices: justMemory })
  expect(count * dollars).toBeCloseTo(expected, expected > 0.1 ? 2 : 4)
})

test('bills a boot, whole seconds, and at least 128 MB', async () => {
  const prices = { vcpuHour: 3_600, gbHour: 3_600, memoryGb: 0.001, bootVcpuSeconds: 2 }
  const [atOnce, soon, later] = await dollarsAfter([0, 1, 1_001], { prices })
  expect(atOnce).toBe(2)
  expect(soon).toBeCloseTo(2.125)
  expect(later).toBeCloseTo(2.25)
})

test('keeps every VM, boot, call, beat, stop, millisecond and dollar', async () => {
  const clock = createVirtualClock()
  const prices = { vcpuHour: 0, gbHour: 1, memoryGb: 1, bootVcpuSeconds: 0 }
  const runtime = createSimulatedRuntime({ clock, boot: { kind: 'fixed', ms: 2_000 }, prices })
  const signal = new AbortController().signal
  const message = { body: new TextEncoder().encode('{}'), contentType: 'application/json', accept: '*/*' }
  const one = { id: 'one', qualifier: 'DEFAULT' }
  const two = { id: 'two', qualifier: 'DEFAULT' }
  const calls = [runtime.invoke(one, runtime.warmUpRequest('1'), signal), runtime.invoke(two, message, signal)]
  await clock.advance(2_000)
  await Promise.all(calls)
  await runtime.invoke(one, runtime.warmUpRequest('1'), signal)
  await runtime.invoke(one, message, signal)
  await clock.advance(1_798_000)
  await runtime.stop(one)
  const { vms, totals } = runtime.ledger()
  expect(vms).toMatchObject([
    { sessionId: 'one', bootMs: 2_000, invokes: 3, warmUps: 2, beats: 1, endReason: 'idle', heldMs: 902_000 },
    { sessionId: 'two', bootMs: 2_000, invokes: 1, warmUps: 0, beats: 0, endReason: 'idle', heldMs: 902_000 },
  ])
  expect(totals).toMatchObject({ vms: 2, live: 0, ended: 2, boots: 2, bootMs: 4_000, invokes: 4, warmUps: 2, beats: 1 })
  expect(totals.dollars).toBeCloseTo((2 * 902) / 3_600)
})

test('shows the books over HTTP', async () => {
  const { emulator, invoke, stop } = await emulate({ agent: () => '{}' })
  await invoke('books', 'hello')
  const read = async (path: string) => (await fetch(`${emulator.adminUrl}/_emulator/${path}`)).json()
  expect(await read('sessions')).toMatchObject([
    { vm: 1, state: 'idle', invokes: 1, heldMs: expect.any(Number), version: 1 },
  ])
  await stop('books')
  expect(await read('sessions')).toEqual([])
  expect(await read('ledger')).toMatchObject({
    vms: [{ endReason: 'stopped', dollars: expect.any(Number) }],
    totals: { vms: 1, live: 0, resurrected: 0, stops: 1, dollars: expect.any(Number) },
  })
})

test('tells people what happens in one line an event, and never a whole session id', async () => {
  const events: EmulatorEvent[] = []
  const { emulator, invoke, stop } = await emulate({ agent: () => '{}', onEvent: event => events.push(event) })
  await invoke('people', 'hello')
  await stop('people')
  await stop('people').catch(() => {})
  emulator.update()
  const lines = events.map(describeEvent)
  expect(lines).toEqual([
    'VM 1 (session people00…, DEFAULT) is provisioned, which takes 0.00 s.',
    'VM 1 (session people00…, DEFAULT) starts the agent, process 101.',
    expect.stringMatching(/^VM 1 \(session people00…, DEFAULT\) is ready after \d+\.\d\d s\.$/),
    'VM 1 (session people00…, DEFAULT) is called.',
    'VM 1 (session people00…, DEFAULT) was stopped.',
    'Refused with 404 ResourceNotFoundException, session people00…: No live session people00… was found.',
    'The agent has version 2 now.',
  ])
  for (const line of lines) expect(line).not.toContain(sessionNamed('people'))
})

test('describes what an agent printed in one line too', () => {
  const vm = { vm: 1, sessionId: sessionNamed('one'), qualifier: 'DEFAULT' }
  expect(describeEvent({ type: 'vm-failed', message: 'It printed last: Error\n    at main\n', ...vm })).toBe(
    'VM 1 (session one00000…, DEFAULT) failed to start: It printed last: Error at main',
  )
})
