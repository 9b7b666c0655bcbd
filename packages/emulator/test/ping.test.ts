import { createSimulatedRuntime, createVirtualClock, type Ping } from '@warm-agent/emulator'
import { expect, test, vi } from 'vitest'
import { commandOf, emulate, patience } from './harness.ts'
import { createManualClock } from './manual-clock.ts'

/** An agent that says `ping`, left alone for an hour with an idle timeout of a minute. @returns what became of it */
async function leaveAlone(ping: (now: number) => Ping) {
  const clock = createVirtualClock()
  const runtime = createSimulatedRuntime({
    clock,
    idleSeconds: 60,
    agent: { invoke: () => '{}', ping: vm => ping(vm.now()) },
  })
  await runtime.invoke({ id: 'one', qualifier: 'DEFAULT' }, runtime.warmUpRequest('1'), new AbortController().signal)
  await clock.advance(3_600_000)
  const [vm] = runtime.ledger().vms
  await runtime.close()
  return { endReason: vm?.endReason, heldSeconds: (vm?.heldMs ?? 0) / 1_000 }
}

test.each<[string, (now: number) => Ping, object]>([
  ['Healthy', () => ({ status: 'Healthy' }), { endReason: 'idle', heldSeconds: 60 }],
  ['nothing of use', () => ({}), { endReason: 'idle', heldSeconds: 60 }],
  [
    'Healthy since always',
    () => ({ status: 'Healthy', time_of_last_update: 1_700_000_000 }),
    { endReason: 'idle', heldSeconds: 60 },
  ],
  ['HealthyBusy', () => ({ status: 'HealthyBusy' }), { endReason: undefined, heldSeconds: 3_600 }],
  [
    'Healthy, updated just now, each time',
    now => ({ status: 'Healthy', time_of_last_update: Math.floor(now / 1_000) }),
    { endReason: undefined, heldSeconds: 3_600 },
  ],
])('an agent whose /ping says %s', async (_, ping, outcome) => {
  expect(await leaveAlone(ping)).toEqual(outcome)
})

test('an agent that is busy for ten minutes idles from the last busy poll on', async () => {
  const start = Date.UTC(2026, 0, 1)
  const outcome = await leaveAlone(now => ({ status: now - start < 600_000 ? 'HealthyBusy' : 'Healthy' }))
  expect(outcome).toEqual({ endReason: 'idle', heldSeconds: 598 + 60 })
})

test('polls a real agent, whose HealthyBusy keeps its session past the idle timeout', async () => {
  const clock = createManualClock()
  const { emulator, happened, invoke } = await emulate({ clock, agent: commandOf('node', 'busy-agent.mjs') })
  await invoke('busy', 'busy')
  const [before] = emulator.sessions()
  clock.advance(600_000)
  await vi.waitFor(() => expect(emulator.sessions()[0]?.touchedAt).toBe((before?.touchedAt ?? 0) + 600_000), patience)
  clock.advance(600_000)
  await vi.waitFor(() => expect(emulator.sessions()).toMatchObject([{ state: 'idle' }]), patience)
  await invoke('busy', 'idle')
  clock.advance(900_000)
  expect(await happened('session-expired')).toMatchObject({ reason: 'idle' })
})
