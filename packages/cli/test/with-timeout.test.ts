import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { withTimeout } from '../src/with-timeout.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const forever = 2 ** 31 - 1

test('a timeout comes also after a garbage collection, though nobody holds it', { timeout: 5_000 }, async () => {
  const { signal } = new AbortController()
  const waiting = sleep(forever, undefined, { signal: withTimeout(signal, 300) })
  const rejected = expect(waiting).rejects.toMatchObject({ name: 'AbortError', cause: { name: 'TimeoutError' } })
  for (const _ of [1, 2]) {
    await turn()
    collectGarbage()
  }
  await rejected
})

test('it ends at once with the signal that it is made of', () => {
  const ending = new AbortController()
  const signal = withTimeout(ending.signal, forever)
  expect(signal.aborted).toBe(false)
  ending.abort('over')
  expect(signal.reason).toBe('over')
  expect(withTimeout(ending.signal, forever).aborted).toBe(true)
})
