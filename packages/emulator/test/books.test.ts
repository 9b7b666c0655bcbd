import {
  createSimulatedRuntime,
  createVirtualClock,
  describeEvent,
  dollarsOf,
  type EmulatorEvent,
  pricesOf,
} from '@warm-agent/emulator'
import { expect, test } from 'vitest'
import { emulate, sessionNamed } from './harness.ts'

const hour = 3_600_000
const justMemory = { bootVcpuSeconds: 0 }

// What PLATFORM.md works out from the price list and the measured footprints.
test.each([
  ['an unused warm-up on V2', pricesOf('v2'), 15 * 60_000, 1, 0.0051],
  ['an unused warm-up of a 2 GB image on V1', pricesOf('v1-container', 2_000), 15 * 60_000, 1, 0.0198],
  ['forty held for an hour on V2', pricesOf('v2'), hour, 40, 0.81],
])('%s costs what was published', (_, prices, heldMs, count, dollars) => {
  expect(count * dollarsOf(heldMs, { ...prices, ...justMemory })).toBeCloseTo(dollars, dollars > 0.1 ? 2 : 4)
})

test('bills a boot, whole seconds, and at least 128 MB', () => {
  const prices = { vcpuHour: 3_600, gbHour: 3_600, memoryGb: 0.001, bootVcpuSeconds: 2 }
  expect(dollarsOf(0, prices)).toBe(2)
  expect(dollarsOf(1, prices)).toBeCloseTo(2.125)
  expect(dollarsOf(1_001, prices)).toBeCloseTo(2.25)
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
  expect(await read('sessions')).toMatchObject([{ vm: 1, state: 'idle', heldMs: expect.any(Number), version: 1 }])
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
