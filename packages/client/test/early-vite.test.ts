import { earlyScript } from '@warm-agent/client/early'
import { warmAgentEarly } from '@warm-agent/client/vite'
import { settle } from '@warm-agent/testing'
import { expect, test, vi } from 'vitest'

test.each([undefined, { endpoint: '/warm', agent: 'travel' }])(
  'with options %j the plugin puts the script, and before it the encoding, at the start of the head',
  async options => {
    const { script } = await earlyScript(options)
    expect(await warmAgentEarly(options).transformIndexHtml()).toEqual([
      { tag: 'meta', attrs: { charset: 'utf-8' }, injectTo: 'head-prepend' },
      { tag: 'script', children: script, injectTo: 'head-prepend' },
    ])
  },
)

test('the plugin tells the hash of the script, and waits until that is noted', async () => {
  const { hash } = await earlyScript()
  const noted = vi.fn()
  await warmAgentEarly({ csp: told => settle().then(() => noted(told)) }).transformIndexHtml()
  expect(noted).toHaveBeenCalledExactlyOnceWith(hash)
})

test('options that make no sense fail the build', async () => {
  await expect(warmAgentEarly({ headers: {} } as object).transformIndexHtml()).rejects.toThrow('headers cannot be')
})
