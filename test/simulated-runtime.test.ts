import { createSimulatedRuntime, createVirtualClock } from '@warm-agent/emulator'
import { type AgentRuntime, RuntimeFailure } from '@warm-agent/proxy'
import { expect, test } from 'vitest'

const session = { id: 'a-session-of-a-simulation', qualifier: 'DEFAULT' }
const never = new AbortController().signal

test("a simulated platform is the proxy's port: its failures are the proxy's", async () => {
  const clock = createVirtualClock()
  const runtime: AgentRuntime = createSimulatedRuntime({
    clock,
    boot: { kind: 'fixed', ms: 2_000 },
    newSessionsPerSecond: 1,
    activeSessions: 2,
    toFailure: ({ reason, message, ...details }) => new RuntimeFailure(reason, message, details),
  })
  const first = runtime.invoke(session, runtime.warmUpRequest('nonce'), never)
  const failure = (id: string) =>
    runtime.invoke({ ...session, id }, runtime.warmUpRequest('other'), never).catch(error => error)
  expect(await failure(session.id)).toMatchObject({ reason: 'conflict', mayHaveRun: false })
  expect(await failure('another')).toBeInstanceOf(RuntimeFailure)
  expect(await failure('another')).toMatchObject({ reason: 'throttled', mayHaveRun: false, retryAfterMs: 1_000 })
  await clock.advance(2_000)
  const { status, body } = await first
  const text = await new Response(body).text()
  expect([status, runtime.readEcho(text)]).toEqual([200, 'nonce'])
  const another = failure('another')
  await clock.advance(2_000)
  await another
  expect(await failure('a third')).toMatchObject({ reason: 'quota' })
})
