import type { Environment } from '@warm-agent/client'
import { expect, test } from 'vitest'
import { failing } from './fake-proxy.ts'
import { start, startMounted } from './start.ts'

const minute = 60_000

/** The user, or the network, sets the clock: timers go on as before. */
function setBack(environment: Environment, byMs: number) {
  const { now } = environment
  environment.now = () => now() - byMs
}

test('a clock that is set back delays no beat, and one that fails then is not repeated without pause', async () => {
  const { proxy, environment, warmUp } = start()
  await warmUp()
  setBack(environment, 60 * minute)
  await environment.advance(9 * minute - 1)
  expect(proxy.beats).toHaveLength(0)
  const beat = proxy.onBeat
  proxy.onBeat = failing()
  await environment.advance(1)
  expect(proxy.beats).toHaveLength(1)
  proxy.onBeat = beat
  await environment.advance(1000)
  expect(proxy.beats).toHaveLength(2)
  await environment.advance(9 * minute)
  expect(proxy.beats).toHaveLength(3)
})

test('a clock that is set back after a beat failed delays the next one no longer than a failure does', async () => {
  const { proxy, environment, warmUp } = start()
  await warmUp()
  const beat = proxy.onBeat
  proxy.onBeat = failing()
  await environment.advance(9 * minute)
  expect(proxy.beats).toHaveLength(1)
  proxy.onBeat = beat
  setBack(environment, 120 * minute)
  await environment.hide()
  await environment.show()
  expect(proxy.beats).toHaveLength(2)
})

test('a clock that is set back while nobody sees the page holds the session no longer', async () => {
  const { session, environment, warmUp, types } = start()
  session.mount()
  await warmUp()
  await environment.hide()
  setBack(environment, 180 * minute)
  await environment.advance(13 * minute)
  expect(types()).toContain('session-expired')
})

test('a failure that a clock set back puts into the future holds no trigger back', async () => {
  const { session, environment, proxy } = start()
  session.mount()
  await proxy.openings[0]?.fail()
  setBack(environment, 120 * minute)
  await environment.hide()
  await environment.show()
  expect(proxy.openings).toHaveLength(2)
})

test.each([2, 60])(
  'a clock that is set back by %i minutes during a reload delays that beat no longer',
  async minutes => {
    const tab = new Map<string, string>()
    const page = await startMounted({}, { tab })
    await page.warmUp()
    await page.environment.advance(5 * minute)
    await page.environment.leave()
    const nowMs = page.environment.now() - minutes * minute
    const { session, proxy, environment, status } = start({}, { tab, nowMs })
    session.mount()
    await environment.advance(250)
    expect(proxy.beats).toHaveLength(1)
    expect(status()).toBe('warm')
  },
)
