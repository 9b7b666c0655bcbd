import { expect, test, vi } from 'vitest'
import { emulate, isRunning, nodeAgent, patience, type Report } from './harness.ts'
import { createManualClock } from './manual-clock.ts'

test('starts a VM with the first call and finds it with the next', async () => {
  const { emulator, events, report } = await emulate()
  const cold = await report('one')
  const warm = await report('one')
  expect([cold.calls, warm.calls, warm.pid]).toEqual([1, 2, cold.pid])
  expect(events.map(event => event.type)).toEqual([
    'session-created',
    'vm-provisioned',
    'vm-ready',
    'invoked',
    'invoked',
  ])
  expect(emulator.ledger().totals).toMatchObject({ vms: 1, live: 1, resurrected: 0, invokes: 2 })
})

test('gives every pair of session and qualifier its own VM', async () => {
  const { report } = await emulate()
  const pids = await Promise.all([report('a'), report('b'), report('a', { qualifier: 'blue' })])
  expect(new Set(pids.map(({ pid }) => pid)).size).toBe(3)
})

test('answers 409 to every operation while a session is provisioned', async () => {
  const clock = createManualClock()
  const { emulator, happened, invoke, report, stop } = await emulate({ clock, boot: { kind: 'fixed', ms: 3_000 } })
  const first = report('slow')
  await happened('session-created')
  clock.advance(2_999)
  const conflict = { name: 'RetryableConflictException', $metadata: { httpStatusCode: 409 } }
  await expect(invoke('slow', 'hello')).rejects.toMatchObject(conflict)
  await expect(stop('slow')).rejects.toMatchObject(conflict)
  clock.advance(1)
  expect((await first).calls).toBe(1)
  expect(emulator.ledger().totals).toMatchObject({ vms: 1, invokes: 1, refused: { RetryableConflictException: 2 } })
  expect(emulator.sessions()).toMatchObject([{ delayMs: 3_000, bootMs: 3_000 }])
})

test('takes a boot that is too long for a timer of Node for a long one, not for none', async () => {
  const { emulator, happened, invoke } = await emulate({ agent: () => '{}', boot: { kind: 'fixed', ms: 2 ** 31 } })
  const first = expect(invoke('long', 'hello')).rejects.toThrow()
  await happened('session-created')
  await expect(invoke('long', 'hello')).rejects.toMatchObject({ name: 'RetryableConflictException' })
  await emulator.close()
  await first
})

test('finishes provisioning when the client that began it leaves', async () => {
  const clock = createManualClock()
  const { happened, invoke, report, emulator } = await emulate({ clock, boot: { kind: 'fixed', ms: 3_000 } })
  const leaving = new AbortController()
  const first = invoke('left', 'report', { signal: leaving.signal })
  await happened('session-created')
  leaving.abort()
  await expect(first).rejects.toMatchObject({ name: 'AbortError' })
  clock.advance(3_000)
  await happened('vm-ready')
  expect((await report('left')).calls).toBe(1)
  expect(emulator.ledger().totals.vms).toBe(1)
})

test('passes a stream on as it comes', async () => {
  const { open, invoke } = await emulate()
  const { head, body } = await open('stream', 'stream')
  expect(head).toMatchObject({ contentType: 'text/event-stream', statusCode: 200 })
  const read = async () => new TextDecoder().decode((await body.read()).value)
  // The agent sends the second event only once the first one was read here.
  expect(await read()).toBe('data: one\n\n')
  await invoke('stream', 'next')
  expect(await read()).toBe('data: two\n\n')
  expect((await body.read()).done).toBe(true)
})

test.each(['before the answer', 'in the middle of it'])('tells the agent that the client left %s', async when => {
  const { open, report, invoke } = await emulate()
  const leaving = new AbortController()
  if (when === 'before the answer') {
    await report('abort')
    const call = invoke('abort', 'wait', { signal: leaving.signal })
    await vi.waitFor(async () => expect((await report('abort')).waiting).toBe(1), patience)
    leaving.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
    await vi.waitFor(async () => expect((await report('abort')).left).toBe(1), patience)
  } else {
    const { body } = await open('abort', 'stream-and-tell', { signal: leaving.signal })
    await body.read()
    leaving.abort()
    await vi.waitFor(async () => expect((await report('abort')).left).toBe(1), patience)
  }
})

test('stops a session at once: its streams are cut, its process is gone, its id starts anew', async () => {
  const { emulator, open, report, stop } = await emulate()
  const { pid } = await report('stop')
  const { body } = await open('stop', 'stream')
  await body.read()
  const cut = expect(body.read()).rejects.toThrow()
  expect((await stop('stop')).$metadata.httpStatusCode).toBe(200)
  await cut
  expect(isRunning(pid)).toBe(false)
  expect(emulator.sessions()).toEqual([])
  await expect(stop('stop')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  expect(await report('stop')).toMatchObject({ calls: 1 })
  expect(emulator.ledger()).toMatchObject({
    vms: [{ endReason: 'stopped', state: 'ended' }, { state: 'idle' }],
    totals: { vms: 2, resurrected: 1 },
  })
})

test('tears down an agent that ignores SIGTERM: streams are cut first, calls get 409, SIGKILL ends it', async () => {
  const { emulator, open, report, stop } = await emulate({ agent: `AGENT_START=stubborn ${nodeAgent}` })
  const { pid } = await report('stubborn')
  const { body } = await open('stubborn', 'stream')
  await body.read()
  const stopped = stop('stubborn')
  await expect(body.read()).rejects.toThrow()
  expect(emulator.sessions()).toMatchObject([{ state: 'stopping' }])
  await expect(report('stubborn')).rejects.toMatchObject({ name: 'RetryableConflictException' })
  await expect(stop('stubborn')).rejects.toMatchObject({ name: 'RetryableConflictException' })
  await stopped
  expect(isRunning(pid)).toBe(false)
})

test('ends an idle session, and starts a new VM for its id without a word', async () => {
  const clock = createManualClock()
  const { emulator, happened, report } = await emulate({ clock })
  const { pid } = await report('idle')
  clock.advance(899_000)
  expect(await report('idle')).toMatchObject({ pid, calls: 2 })
  await vi.waitFor(() => expect(emulator.sessions()).toMatchObject([{ state: 'idle' }]), patience)
  clock.advance(899_999)
  expect(emulator.sessions()).toMatchObject([{ state: 'idle' }])
  clock.advance(1)
  expect(await happened('session-expired')).toMatchObject({ reason: 'idle', vm: 1 })
  expect(isRunning(pid)).toBe(false)
  expect(await report('idle')).toMatchObject({ calls: 1 })
  expect(emulator.ledger().totals).toMatchObject({ vms: 2, live: 1, resurrected: 1 })
})

test('never lets a session idle while a call runs, and counts from the end of the call', async () => {
  const clock = createManualClock()
  const { emulator, happened, invoke, report } = await emulate({ clock })
  await report('busy')
  const leaving = new AbortController()
  const call = invoke('busy', 'wait', { signal: leaving.signal })
  await vi.waitFor(async () => expect((await report('busy')).waiting).toBe(1), patience)
  clock.advance(7_200_000)
  expect(emulator.sessions()).toMatchObject([{ state: 'active' }])
  leaving.abort()
  await expect(call).rejects.toThrow()
  await vi.waitFor(() => expect(emulator.sessions()).toMatchObject([{ state: 'idle' }]), patience)
  clock.advance(899_999)
  expect(emulator.sessions()).toMatchObject([{ state: 'idle' }])
  clock.advance(1)
  await happened('session-expired')
})

test('ends a session at its maximum lifetime, however busy it is', async () => {
  const clock = createManualClock()
  const { happened, open, report, emulator } = await emulate({ clock, idleSeconds: 60, maxLifetimeSeconds: 120 })
  await report('old')
  clock.advance(50_000)
  const { body } = await open('old', 'stream')
  await body.read()
  clock.advance(70_000)
  await expect(body.read()).rejects.toThrow()
  expect(await happened('session-expired')).toMatchObject({ reason: 'max-lifetime' })
  expect(emulator.ledger().totals).toMatchObject({ live: 0, heldMs: 120_000 })
})

test('keeps fifty sessions apart', { timeout: 30_000 }, async () => {
  const { emulator, report } = await emulate()
  const names = Array.from({ length: 50 }, (_, index) => `crowd${index}x`)
  const call = () => Promise.all(names.map(name => report(name)))
  const [first, second] = [await call(), await call()]
  const pids = (reports: Report[]) => reports.map(({ pid }) => pid)
  expect(new Set(pids(first)).size).toBe(50)
  expect(pids(second)).toEqual(pids(first))
  expect(second.every(({ calls }) => calls === 2)).toBe(true)
  expect(second.map(({ headers }) => headers['x-amzn-bedrock-agentcore-runtime-session-id'])).toEqual(
    names.map(name => name.padEnd(40, '0')),
  )
  await emulator.close()
  expect(pids(first).filter(isRunning)).toEqual([])
  expect(emulator.ledger().totals).toMatchObject({ vms: 50, live: 0, resurrected: 0, invokes: 100 })
})
