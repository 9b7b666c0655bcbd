// The README's code, as it stands there but for the clock and the agent's start.
import { createSimulatedRuntime, createVirtualClock, startEmulator } from '@warm-agent/emulator'
import { expect, onTestFinished, test } from 'vitest'
import { createCalls } from './harness.ts'

test('an agent without a process', async () => {
  const emulator = await startEmulator({
    platform: 'v2',
    boot: { kind: 'fixed', ms: 0 },
    agent: {
      setUp: ({ random }) => ({ id: random(), calls: 0 }),
      invoke: (call, vm) => `data: ${vm.state.id} was called ${++vm.state.calls} times, now with ${call.text()}\n\n`,
      ping: () => ({ status: 'Healthy' }),
    },
  })
  onTestFinished(() => emulator.close())
  const { invoke } = createCalls(emulator.env)
  await invoke('one', 'first')
  const [again, other] = [await invoke('one', 'second'), await invoke('other', 'second')]
  expect(again).toMatch(/was called 2 times, now with second/)
  expect(other.replace('called 1', 'called 2')).toBe(again)
})

test('the platform without HTTP, on a clock of its own', async () => {
  const clock = createVirtualClock()
  const runtime = createSimulatedRuntime({ clock, platform: 'v2', seed: 1 })
  const session = { id: 'session-of-one-user', qualifier: 'DEFAULT' }
  const answer = runtime.invoke(session, runtime.warmUpRequest('nonce'), new AbortController().signal)
  await clock.advance(10_000)
  await answer
  await clock.run()
  const { dollars, live, heldMs } = runtime.ledger().totals
  expect(live).toBe(0)
  expect(heldMs).toBeGreaterThan(900_000)
  // A quarter of an hour on V2 is half a cent.
  expect(dollars).toBeCloseTo(0.0052, 4)
})
