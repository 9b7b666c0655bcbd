import { earlyScript } from '@warm-agent/client/early'
import { warmAgentEarly } from '@warm-agent/client/vite'
import { expect, test, vi } from 'vitest'

test('the plugin puts the script, and before it the encoding, at the start of the head', async () => {
  const { script } = await earlyScript({ endpoint: '/warm', agent: 'travel' })
  expect(await warmAgentEarly({ endpoint: '/warm', agent: 'travel' }).transformIndexHtml()).toEqual([
    { tag: 'meta', attrs: { charset: 'utf-8' }, injectTo: 'head-prepend' },
    { tag: 'script', children: script, injectTo: 'head-prepend' },
  ])
})

test('the plugin tells the hash of the script', async () => {
  const csp = vi.fn()
  await warmAgentEarly({ csp }).transformIndexHtml()
  expect(csp).toHaveBeenCalledExactlyOnceWith((await earlyScript()).hash)
})

test('options that make no sense fail the build', async () => {
  await expect(warmAgentEarly({ headers: {} } as object).transformIndexHtml()).rejects.toThrow('headers cannot be')
})
