import { createWarmProxy } from '@warm-agent/proxy'
import { expect, test } from 'vitest'
import { secret } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

const { runtime } = createFakeRuntime()

test.each([
  [{ secret: 'short' }, /secret 1 .*: it has 5 bytes/],
  [{ secret: 'x'.repeat(31) }, /secret 1 .*: it has 31 bytes/],
  [{ secret: [secret, 'short'] }, /secret 2 .*: it has 5 bytes/],
  [{ secret: [] }, /there is none/],
  [{ secret: undefined }, /there is none\. .* WARM_AGENT_SECRET.* node -p "crypto\.randomBytes/],
  [{ secret: '' }, /there is none\. .* WARM_AGENT_SECRET.* node -p "crypto\.randomBytes/],
  [{ basePath: 'api' }, /basePath/],
  [{ origins: ['https://a.test/path'] }, /origins/],
  [{ limits: { bodyBytes: -1 } }, /option limits.bodyBytes is -1: /],
  [{ limits: { beatMs: 900_000 } }, /limits.beatMs is 900000.*900000/],
  [{ limits: { warmTimeout: 1 } }, /option limits.warmTimeout: /],
  [{ authorise: () => null }, /option authorise: /],
  [{ authorize: undefined }, /authorize/],
  [{ runtime: undefined }, /runtime/],
  [{ runtime: {} }, /runtime is an object: expected an AgentRuntime/],
])('options %j are refused at construction', (wrong, message) => {
  const make = () => createWarmProxy({ runtime, authorize: () => null, secret, ...wrong } as never)
  expect(make).toThrow(/^Could not /)
  expect(make).toThrow(message)
})

test('a secret of 32 bytes is long enough', () => {
  for (const shortest of ['x'.repeat(32), `${'\u20ac'.repeat(10)}xx`]) {
    expect(() => createWarmProxy({ runtime, authorize: () => null, secret: shortest })).not.toThrow()
  }
})

test.each([{ secret: 12_345 }, { secrets: '12345 is not said' }])(
  'a secret that is refused, or an option that may be one, is not quoted: %j',
  wrong => {
    const make = () => createWarmProxy({ runtime, authorize: () => null, secret, ...wrong } as never)
    expect(make).toThrow(/option secrets?: /)
    expect(make).not.toThrow(/12345/)
  },
)
