import { createVirtualClock } from '@warm-agent/emulator'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('lets time pass only when it is told to, and says what time it is', async () => {
  const clock = createVirtualClock(1_000)
  const happened: string[] = []
  clock.setTimeout(() => happened.push(`first at ${clock.now()}`), 50)
  clock.setTimeout(() => happened.push(`second at ${clock.now()}`), 51)
  await clock.advance(50)
  expect(happened).toEqual(['first at 1050'])
  await clock.advance(1)
  expect(happened).toEqual(['first at 1050', 'second at 1051'])
  expect(clock.now()).toBe(1_051)
})

test('runs timers in the order of their time, then of their making, whatever they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), async delays => {
      const clock = createVirtualClock(0)
      const ran: Array<[number, number]> = []
      const timers = delays.map((delay, index) => clock.setTimeout(() => ran.push([clock.now(), index]), delay))
      const kept = delays.map((delay, index) => [delay, index] as [number, number]).filter(([, index]) => index % 3 > 0)
      for (const [index, timer] of timers.entries()) if (index % 3 === 0) clock.clearTimeout(timer)
      await clock.run()
      expect(ran).toEqual(kept.sort(([a, i], [b, j]) => a - b || i - j))
    }),
    { numRuns: 50 },
  )
})

test('comes to rest between two timers: what one sets off is done when the next one runs', async () => {
  const clock = createVirtualClock(0)
  const happened: string[] = []
  async function walk(name: string) {
    await clock.sleep(10)
    for (let step = 0; step < 20; step++) await Promise.resolve()
    happened.push(name)
  }
  void walk('one')
  void walk('two')
  clock.setTimeout(() => happened.push('eleven'), 11)
  await clock.run()
  expect(happened).toEqual(['one', 'two', 'eleven'])
})

test('advances one after the other when it is told twice', async () => {
  const clock = createVirtualClock(0)
  await Promise.all([clock.advance(10), clock.advance(5)])
  expect(clock.now()).toBe(15)
})

test('rejects with what a timer throws, at its time', async () => {
  const clock = createVirtualClock(0)
  clock.setTimeout(() => {
    throw new Error('broken')
  }, 7)
  await expect(clock.advance(10)).rejects.toThrow('broken')
  expect(clock.now()).toBe(7)
})
