import { createSimulatedRuntime, createVirtualClock } from '@warm-agent/emulator'
import { expect, test } from 'vitest'
import { simulateDay } from './simulate-day.ts'

const session = { id: 'a-session-of-a-simulation', qualifier: 'DEFAULT' }
const never = new AbortController().signal

test('an error of the agent may have run; a stop of nothing is no error; an invoke that was given up is not made', async () => {
  const runtime = createSimulatedRuntime({
    agent: () => ({ status: 500, body: 'no' }),
    toFailure: trouble => trouble,
  })
  const call = runtime.invoke(session, runtime.warmUpRequest('1'), never)
  await expect(call).rejects.toMatchObject({ reason: 'agent', mayHaveRun: true })
  await runtime.stop({ ...session, id: 'unknown' })
  const given = runtime.invoke({ ...session, id: 'other' }, runtime.warmUpRequest('1'), AbortSignal.abort())
  await expect(given).rejects.toMatchObject({ name: 'AbortError' })
  expect(runtime.ledger().totals).toMatchObject({ vms: 1, invokes: 1 })
  await runtime.close()
  expect(runtime.sessions()).toEqual([])
})

test('ends sessions by the virtual clock, and starts them again in silence', async () => {
  const clock = createVirtualClock()
  const runtime = createSimulatedRuntime({ clock, idleSeconds: 900, maxLifetimeSeconds: 3_600 })
  const ask = async (nonce: string) =>
    runtime.readEcho(
      await new Response((await runtime.invoke(session, runtime.warmUpRequest(nonce), never)).body).text(),
    )
  expect(await ask('one')).toBe('one')
  for (let beat = 0; beat < 3; beat++) {
    await clock.advance(899_000)
    expect(await ask('two')).toBe('one')
  }
  await clock.advance(899_000)
  // The heartbeat was in time; the VM's hour was not.
  expect(await ask('three')).toBe('one')
  await clock.advance(4_000)
  expect(await ask('four')).toBe('four')
  expect(runtime.ledger()).toMatchObject({
    vms: [{ endReason: 'max-lifetime', heldMs: 3_600_000, invokes: 5, warmUps: 5, beats: 4 }, { state: 'idle' }],
    totals: { vms: 2, resurrected: 1, beats: 4 },
  })
})

test('one that closes waits for no teardown, and takes no more calls', async () => {
  const runtime = createSimulatedRuntime({
    clock: createVirtualClock(),
    teardownMs: 5_000,
    boot: { kind: 'fixed', ms: 0 },
  })
  await runtime.invoke(session, runtime.warmUpRequest('1'), never)
  await runtime.close()
  expect(runtime.sessions()).toEqual([])
  await expect(runtime.invoke(session, runtime.warmUpRequest('1'), never)).rejects.toMatchObject({
    type: 'InternalServerException',
  })
  expect(runtime.ledger().totals.vms).toBe(1)
})

test('refuses options that make no sense, naming them', () => {
  const refused = (options: object) => {
    try {
      createSimulatedRuntime(options)
      return 'taken'
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(refused({ agent: 'node agent.js' })).toMatch(/option "agent" is 'node agent.js'/)
  expect(refused({ qualifiers: [] })).toMatch(/option "qualifiers" is \[\]/)
  expect(refused({ idleMs: 3 })).toMatch(/option "idleMs" is 3/)
  expect(refused({ platform: 'v3' })).toMatch(/option "platform" is 'v3'/)
})

test('a day of two thousand sessions gives the same books for the same seed', async () => {
  const [one, same, other] = [await simulateDay(2_000, 1), await simulateDay(2_000, 1), await simulateDay(2_000, 2)]
  expect(same).toEqual(one)
  expect(other.totals.bootMs).not.toBe(one.totals.bootMs)
  expect(one.totals).toMatchObject({ vms: 2_000, live: 0, invokes: 12_000, stops: 1_000, resurrected: 0, refused: {} })
  expect(one.hours).toBeGreaterThan(24)
})
