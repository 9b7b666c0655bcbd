import { createSimulatedRuntime, createVirtualClock } from '@warm-agent/emulator'
import { expect, test } from 'vitest'
import { emulate, sessionNamed } from './harness.ts'
import { createManualClock } from './manual-clock.ts'

const handler = () => '{"pid":0}'

test('answers 429 with Retry-After when more sessions are started in a second than the quota allows', async () => {
  const clock = createManualClock()
  const { emulator, invoke } = await emulate({ agent: handler, clock, newSessionsPerSecond: 2 })
  await invoke('a', 'hello')
  await invoke('b', 'hello')
  const refused = await invoke('c', 'hello').catch(error => error)
  expect(refused).toMatchObject({
    name: 'ThrottlingException',
    message: 'New session creation rate exceeded',
    $metadata: { httpStatusCode: 429 },
  })
  expect(refused.$response.headers['retry-after']).toBe('1')
  // What runs already is not a new session.
  await invoke('a', 'hello')
  clock.advance(500)
  await invoke('c', 'hello')
  await expect(invoke('d', 'hello')).rejects.toMatchObject({ name: 'ThrottlingException' })
  expect(emulator.ledger().totals).toMatchObject({ vms: 3, refused: { ThrottlingException: 2 } })
})

test('counts every call of the data plane together', async () => {
  const clock = createManualClock()
  const { invoke, stop } = await emulate({ agent: handler, clock, callsPerSecond: 3 })
  await invoke('a', 'hello')
  await invoke('a', 'hello')
  await stop('a')
  await expect(invoke('a', 'hello')).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' })
  await expect(stop('a')).rejects.toMatchObject({ name: 'ThrottlingException' })
  clock.advance(1_000)
  await invoke('a', 'hello')
})

test('answers 402 to one session more than may be active, idle ones included, until one ends', async () => {
  const { emulator, invoke, stop } = await emulate({ agent: handler, activeSessions: 2 })
  await invoke('a', 'hello')
  await invoke('b', 'hello')
  await expect(invoke('c', 'hello')).rejects.toMatchObject({
    name: 'ServiceQuotaExceededException',
    $metadata: { httpStatusCode: 402 },
  })
  await stop('a')
  await invoke('c', 'hello')
  expect(emulator.sessions().map(vm => vm.sessionId)).toEqual(['b', 'c'].map(sessionNamed))
})

test('has the quotas of AWS with a platform, none without, and those that are given', async () => {
  const start = (options: object) => emulate({ agent: handler, clock: createManualClock(), ...options })
  const burst = async (options: object) => {
    const { emulator, invoke } = await start({ boot: { kind: 'fixed', ms: 0 }, preWarmed: 0, ...options })
    await Promise.allSettled(Array.from({ length: 30 }, (_, index) => invoke(`burst${index}x`, 'hello')))
    return emulator.ledger().totals.vms
  }
  expect(await burst({})).toBe(30)
  expect(await burst({ platform: 'v2' })).toBe(25)
  expect(await burst({ platform: 'v2', newSessionsPerSecond: 28 })).toBe(28)
})

test.each([
  ['us-west-2', 5_000],
  ['eu-central-1', 2_500],
])('%s allows %d active sessions', async (region, most) => {
  const unlimited = { newSessionsPerSecond: Number.POSITIVE_INFINITY, callsPerSecond: Number.POSITIVE_INFINITY }
  const boot = { kind: 'fixed', ms: 0 } as const
  const clock = createVirtualClock()
  const runtime = createSimulatedRuntime({ clock, platform: 'v2', region, boot, ...unlimited })
  const invoke = (id: number) =>
    runtime.invoke({ id: `${id}`, qualifier: 'DEFAULT' }, runtime.warmUpRequest('1'), new AbortController().signal)
  for (let id = 0; id < most; id++) await invoke(id)
  await expect(invoke(most)).rejects.toMatchObject({ type: 'ServiceQuotaExceededException' })
})
