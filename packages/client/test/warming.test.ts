import { settle } from '@warm-agent/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { start } from './start.ts'

test('a mounted session warms up when the page is open, and tells what happened without its ticket', async () => {
  const { session, proxy, events, status, environment } = start()
  expect(session.store.getInitialState()).toEqual({ status: 'idle', heartbeat: 'off', error: null, outcome: null })
  session.mount()
  expect(status()).toBe('warming')
  await proxy.openings[0]?.lease()
  expect(status()).toBe('warming')
  await environment.advance(2900)
  await proxy.openings[0]?.warm()
  expect(session.store.getState()).toEqual({ status: 'warm', heartbeat: 'running', error: null, outcome: null })
  expect(events).toMatchObject([
    { type: 'warm-started', atMs: 1_000_000 },
    { type: 'lease-granted', ttlMs: 900_000 },
    { type: 'warm-succeeded', source: 'started', tookMs: 2900, evidence: 'observed', atMs: 1_002_900 },
  ])
  expect(JSON.stringify(events)).not.toContain('ticket')
})

test('warm() is single-flight, resolves when the warm-up has ended, and does nothing on a warm session', async () => {
  const { session, proxy, status } = start({ warmOn: 'manual' })
  session.mount()
  expect(status()).toBe('idle')
  const ended = vi.fn()
  for (let call = 0; call < 5; call++) void session.warm().then(ended)
  await proxy.openings[0]?.lease()
  expect(ended).not.toHaveBeenCalled()
  await proxy.openings[0]?.warm()
  await proxy.openings[0]?.end()
  expect(ended).toHaveBeenCalledTimes(5)
  await session.warm()
  expect(proxy.openings).toHaveLength(1)
})

test('a page that nobody sees waits until it is shown (next.js #45677)', async () => {
  const { session, proxy, environment } = start({}, { isVisible: false })
  session.mount()
  await environment.advance(60_000)
  expect(proxy.openings).toHaveLength(0)
  await environment.show()
  expect(proxy.openings).toHaveLength(1)
  await environment.hide()
  await environment.show()
  expect(proxy.openings).toHaveLength(1)
})

test('a hidden page that is left or unmounted before it was seen warms nothing', async () => {
  const { session, proxy, environment } = start({}, { isVisible: false })
  const unmount = session.mount()
  unmount()
  await environment.advance(1000)
  await environment.show()
  expect(proxy.openings).toHaveLength(0)
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
  session.mount('manual')
  expect(proxy.openings).toHaveLength(0)
})

test('a remount within the grace opens nothing twice and closes nothing (StrictMode, partykit #336)', async () => {
  const { session, proxy, environment } = start()
  session.mount()()
  const unmounts = Array.from({ length: 50 }, () => session.mount())
  for (const unmount of unmounts) {
    unmount()
    unmount()
  }
  await environment.advance(999)
  const unmount = session.mount()
  await environment.advance(10_000)
  expect(proxy.openings).toHaveLength(1)
  expect(proxy.closes).toEqual([])
  await proxy.openings[0]?.lease()
  unmount()
  await environment.advance(1000)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-1' }])
  expect(proxy.openings[0]?.signal.aborted).toBe(true)
  expect(environment.leftovers()).toEqual({ timers: 0, listeners: 0 })
})

test('after its last user has gone, the next one gets a new session', async () => {
  const { session, proxy, environment, status } = start()
  session.mount()()
  await environment.advance(1000)
  expect(status()).toBe('idle')
  session.mount()
  expect(proxy.openings).toHaveLength(2)
})

test('a later user may ask for the warm-up that the first one did not want', () => {
  const { session, proxy } = start({ warmOn: 'manual' })
  session.mount()
  session.mount('open')
  expect(proxy.openings).toHaveLength(1)
})

test('a warm-up that fails is an error with its code, and can be tried again', async () => {
  const { session, proxy } = start()
  session.mount()
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.fail()
  expect(session.store.getState()).toMatchObject({
    status: 'error',
    heartbeat: 'off',
    error: { code: 'agent_failed', message: 'The agent failed.' },
  })
  void session.warm()
  expect(session.store.getState()).toMatchObject({ status: 'warming', error: null })
  expect(proxy.openings).toHaveLength(2)
})

test('an opening that breaks before its lease is an error', async () => {
  const { session, proxy } = start()
  session.mount()
  await proxy.openings[0]?.end(new TypeError('Failed to fetch'))
  const { error } = session.store.getState()
  expect(error).toMatchObject({ code: 'agent_unavailable' })
  expect(error?.message).toBe('Could not reach the proxy: Failed to fetch.')
  expect(error?.cause).toBeInstanceOf(TypeError)
})

test('a warm-up whose stream breaks after the lease is followed by beats until it is warm', async () => {
  const { session, proxy, environment, status, events } = start()
  session.mount()
  await proxy.openings[0]?.lease()
  proxy.onBeat = () => ({ ticket: 'later', status: 'warming', beatMs: 1000, ttlMs: 60_000, holdMs: 60_000 })
  await proxy.openings[0]?.end()
  expect(status()).toBe('warming')
  await environment.advance(1000)
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-1' }])
  expect(status()).toBe('warming')
  proxy.onBeat = () => ({ ticket: 'latest', status: 'warm', beatMs: 1000, ttlMs: 60_000, holdMs: 60_000 })
  await environment.advance(1000)
  expect(proxy.beats).toMatchObject([{ ticket: 'ticket-1' }, { ticket: 'later' }])
  expect(status()).toBe('warm')
  // The stream broke, and no beat did.
  expect(events.filter(({ type }) => type === 'beat-failed')).toHaveLength(1)
  expect(events).toContainEqual(expect.objectContaining({ type: 'beat-succeeded', status: 'warming' }))
  expect(events.map(({ type }) => type)).not.toContain('warm-failed')
})

test('an opening that never answers is given up', async () => {
  const { session, proxy, environment } = start()
  session.mount()
  // The platform gives an agent 120 s to start.
  await environment.advance(149_999)
  expect(proxy.openings[0]?.signal.aborted).toBe(false)
  await environment.advance(1)
  expect(proxy.openings[0]?.signal.aborted).toBe(true)
  expect(session.store.getState().error?.message).toBe('Could not reach the proxy: no answer came.')
})

test('close during the warm-up aborts it and closes the session whose lease came', async () => {
  const { session, proxy, status, environment } = start()
  session.mount()
  await proxy.openings[0]?.lease()
  await session.close()
  expect(proxy.openings[0]?.signal.aborted).toBe(true)
  expect(proxy.closes).toEqual([{ ticket: 'ticket-1' }])
  expect(status()).toBe('idle')
  await environment.hide()
  await environment.show()
  expect(proxy.openings).toHaveLength(1)
})

test('a lease that comes after close is closed, not leaked (tarn #48)', async () => {
  const { session, proxy, status, types } = start()
  session.mount()
  await session.close()
  expect(proxy.openings[0]?.signal.aborted).toBe(true)
  await proxy.openings[0]?.lease()
  expect(proxy.closes).toEqual([{ ticket: 'ticket-1' }])
  expect(status()).toBe('idle')
  expect(types()).toEqual(['warm-started', 'session-closed'])
})

test('warm() after close() opens a new session, undisturbed by the old flight', async () => {
  const { session, proxy, status } = start()
  session.mount()
  await session.close()
  void session.warm()
  expect(proxy.openings).toHaveLength(2)
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm()
  expect(status()).toBe('warming')
  await proxy.openings[1]?.lease()
  await proxy.openings[1]?.warm()
  expect(status()).toBe('warm')
  expect(proxy.closes).toEqual([{ ticket: 'ticket-1' }])
})

test('close never rejects', async () => {
  const { session, proxy, warmUp, status } = start()
  await warmUp()
  proxy.transport.close = async () => {
    throw new TypeError('offline')
  }
  await session.close()
  expect(status()).toBe('idle')
})

test('a listener that throws does not break the session, and what it throws is reported', async () => {
  const report = vi.fn()
  vi.stubGlobal('reportError', report)
  onTestFinished(() => void vi.unstubAllGlobals())
  const error = new Error('from the application')
  const { session, proxy, status } = start({
    onEvent() {
      throw error
    },
  })
  session.mount()
  await proxy.openings[0]?.lease()
  await proxy.openings[0]?.warm()
  expect(status()).toBe('warm')
  expect(report).toHaveBeenCalledWith(error)
})

test('a listener that closes the session while it starts leaves nothing behind', async () => {
  const { session, proxy, status, environment } = start({
    onEvent({ type }) {
      if (type === 'warm-started') void session.close()
    },
  })
  await session.warm()
  await settle()
  expect(status()).toBe('idle')
  expect(proxy.openings[0]?.signal.aborted).toBe(true)
  expect(environment.leftovers().listeners).toBe(0)
})
