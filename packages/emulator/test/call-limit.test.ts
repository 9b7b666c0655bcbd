import { expect, test, vi } from 'vitest'
import { emulate, patience } from './harness.ts'
import { createManualClock } from './manual-clock.ts'

const minutes = (count: number) => count * 60_000

test('ends a call that is not answered within 15 minutes: the agent is told, its session lives on', async () => {
  const clock = createManualClock()
  const { invoke, report } = await emulate({ clock, pingEveryMs: Number.POSITIVE_INFINITY })
  await report('slow')
  const call = expect(invoke('slow', 'wait')).rejects.toMatchObject({ $metadata: { httpStatusCode: 504 } })
  await vi.waitFor(async () => expect((await report('slow')).waiting).toBe(1), patience)
  clock.advance(minutes(15) - 1)
  expect((await report('slow')).waiting).toBe(1)
  clock.advance(1)
  await call
  await vi.waitFor(async () => expect((await report('slow')).left).toBe(1), patience)
})

test('cuts a stream after 60 minutes', async () => {
  const clock = createManualClock()
  const { emulator, open } = await emulate({ clock, pingEveryMs: Number.POSITIVE_INFINITY })
  const { body } = await open('stream', 'stream')
  await body.read()
  clock.advance(minutes(60) - 1)
  expect(emulator.sessions()).toMatchObject([{ state: 'active' }])
  const rest = expect(body.read()).rejects.toThrow()
  clock.advance(1)
  await rest
})
