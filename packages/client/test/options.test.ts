import { createWarmSession, type WarmSessionOptions } from '@warm-agent/client'
import { expect, test } from 'vitest'

test.each<[object, string]>([
  [{ endpont: '/api' }, 'endpont cannot be /api'],
  [{ endpoint: 'http://[' }, 'endpoint cannot be http://['],
  [{ warmOn: 'hover' }, 'warmOn cannot be hover'],
  [{ warmOn: null }, 'warmOn cannot be null'],
  [{ holdWhile: 'never' }, 'holdWhile cannot be never'],
  [{ fetch: 'yes' }, 'fetch cannot be yes'],
  [{ onEvent: 1 }, 'onEvent cannot be 1'],
  [{ hiddenHoldMs: -1 }, 'hiddenHoldMs cannot be -1'],
  [{ hiddenHoldMs: Number.NaN }, 'hiddenHoldMs cannot be NaN'],
  [{ hiddenHoldMs: '5000' }, 'hiddenHoldMs cannot be "5000"'],
  [{ enabled: 'false' }, 'enabled cannot be "false"'],
  [{ warmOnSaveData: 'false' }, 'warmOnSaveData cannot be "false"'],
  [{ keepOnReload: 'false' }, 'keepOnReload cannot be "false"'],
])('%j is refused, naming the option and the value', (options, what) => {
  expect(() => createWarmSession(options as WarmSessionOptions)).toThrow(
    `Could not create the warm session: ${what}. See WarmSessionOptions.`,
  )
})

test('options that are undefined count as absent', () => {
  expect(() => createWarmSession({ endpoint: undefined, warmOn: undefined, onEvent: undefined })).not.toThrow()
})

test.each(['open', 'active'] as const)(
  'on a server a session with holdWhile: %s is made, does nothing, and leaves nothing behind',
  async holdWhile => {
    const calls: unknown[] = []
    const session = createWarmSession({
      holdWhile,
      fetch: async input => {
        calls.push(input)
        return new Response()
      },
    })
    const unmount = session.mount()
    expect(session.store.getState()).toEqual(session.store.getInitialState())
    unmount()
    await session.close()
    expect(calls).toEqual([])
  },
)
