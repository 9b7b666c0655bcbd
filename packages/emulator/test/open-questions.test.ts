import { createSimulatedRuntime, createVirtualClock } from '@warm-agent/emulator'
import { expect, test } from 'vitest'

const boot = { kind: 'fixed', ms: 3_000 } as const
const session = { id: 'one', qualifier: 'DEFAULT' }

function simulate(options: Parameters<typeof createSimulatedRuntime>[0] = {}) {
  const clock = createVirtualClock()
  const runtime = createSimulatedRuntime({ clock, boot, ...options })
  const left = new AbortController()
  const invoke = (to = session, signal: AbortSignal = left.signal) =>
    runtime.invoke(to, runtime.warmUpRequest('nonce'), signal).then(
      () => 'answered',
      error => error.type ?? error.name,
    )
  return { clock, runtime, invoke, leave: () => left.abort() }
}

test('409 lasts as long as the provisioning unless it is set', async () => {
  const { clock, invoke, runtime } = simulate()
  const first = invoke()
  await clock.advance(2_999)
  expect(await invoke()).toBe('RetryableConflictException')
  await expect(runtime.stop(session)).rejects.toMatchObject({ type: 'RetryableConflictException' })
  await clock.advance(1)
  expect(await first).toBe('answered')
  expect(await invoke()).toBe('answered')
})

test('with conflictMs, what comes later than that waits for the VM', async () => {
  const { clock, invoke, runtime } = simulate({ conflictMs: 1_000 })
  const first = invoke()
  await clock.advance(999)
  expect(await invoke()).toBe('RetryableConflictException')
  await clock.advance(1)
  const waiting = Promise.all([invoke(), invoke()])
  await clock.advance(2_000)
  expect([await first, ...(await waiting)]).toEqual(['answered', 'answered', 'answered'])
  expect(runtime.ledger().totals).toMatchObject({ vms: 1, invokes: 3, refused: { RetryableConflictException: 1 } })
})

test('with conflictMs, what comes so long after a teardown began waits for its end, and has a VM of its own', async () => {
  const { clock, invoke, runtime } = simulate({ conflictMs: 1_000, teardownMs: 5_000, boot: { kind: 'fixed', ms: 0 } })
  await invoke()
  await clock.advance(60_000)
  await runtime.stop(session)
  await clock.advance(999)
  const early = invoke()
  await clock.advance(1)
  const late = invoke()
  await clock.advance(4_000)
  expect([await early, await late]).toEqual(['RetryableConflictException', 'answered'])
})

test('with conflictMs 0, a stop waits for the VM that it ends, and an invoke for the teardown before its own VM', async () => {
  const { clock, invoke, runtime } = simulate({ conflictMs: 0, teardownMs: 5_000 })
  const first = invoke()
  await clock.advance(1_000)
  const stopped = runtime.stop(session)
  await clock.advance(2_000)
  await Promise.all([first, stopped])
  expect(runtime.sessions()).toMatchObject([{ state: 'stopping' }])
  const second = invoke()
  await clock.advance(4_999)
  expect(runtime.ledger().totals.vms).toBe(1)
  await clock.advance(1 + 3_000)
  expect(await second).toBe('answered')
  expect(runtime.ledger()).toMatchObject({
    vms: [{ state: 'ended', heldMs: 8_000 }, { state: 'idle' }],
    totals: { resurrected: 1, refused: {} },
  })
})

test('refuses everything for as long as a teardown takes', async () => {
  const { clock, invoke, runtime } = simulate({ teardownMs: 15_000, boot: { kind: 'fixed', ms: 0 } })
  await invoke()
  await runtime.stop(session)
  await clock.advance(14_999)
  expect(await invoke()).toBe('RetryableConflictException')
  await expect(runtime.stop(session)).rejects.toMatchObject({ type: 'RetryableConflictException' })
  await clock.advance(1)
  expect(await invoke()).toBe('answered')
})

test.each(['finish', 'cancel'] as const)('a client that leaves its provisioning VM: %s', async abortedProvisioning => {
  const { clock, invoke, runtime, leave } = simulate({ abortedProvisioning })
  const first = invoke()
  await clock.advance(1_000)
  leave()
  await clock.advance(2_000)
  expect(await first).toBe('AbortError')
  const [vm] = runtime.ledger().vms
  if (abortedProvisioning === 'finish') expect(vm).toMatchObject({ state: 'idle', bootMs: 3_000, invokes: 0 })
  else expect(vm).toMatchObject({ state: 'ended', endReason: 'abandoned', heldMs: 1_000, invokes: 0 })
})

test('a client that leaves once its VM is up takes nothing down', async () => {
  const { clock, invoke, runtime, leave } = simulate({ abortedProvisioning: 'cancel' })
  const first = invoke()
  await clock.advance(3_000)
  expect(await first).toBe('answered')
  leave()
  await clock.advance(1_000)
  expect(runtime.sessions()).toMatchObject([{ state: 'idle' }])
})

test('a call that waited for a VM which its client abandoned starts one of its own', async () => {
  const { clock, invoke, runtime, leave } = simulate({ abortedProvisioning: 'cancel', conflictMs: 0 })
  void invoke()
  await clock.advance(1_000)
  const waiting = invoke(session, new AbortController().signal)
  await clock.advance(0)
  leave()
  await clock.advance(3_000)
  expect(await waiting).toBe('answered')
  expect(runtime.ledger().vms).toMatchObject([{ endReason: 'abandoned' }, { state: 'idle', invokes: 1 }])
})

test.each([
  ['id-and-qualifier', 2],
  ['id', 1],
] as const)('one id on two endpoints, selected by %s: VMs %d', async (sessionScope, vms) => {
  const { clock, invoke, runtime } = simulate({ sessionScope, qualifiers: ['DEFAULT', 'blue'] })
  const first = invoke()
  await clock.advance(3_000)
  const second = invoke({ ...session, qualifier: 'blue' })
  await clock.advance(3_000)
  expect([await first, await second]).toEqual(['answered', 'answered'])
  expect(runtime.ledger().totals).toMatchObject({ vms, resurrected: 0, invokes: 2 })
})
