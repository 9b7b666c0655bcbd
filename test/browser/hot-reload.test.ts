import { expect } from 'vitest'
import { test } from './harness/browser-test.ts'
import { serveHot } from './harness/serve-hot.ts'
import { moreBeats, soon } from './harness/watch.ts'

test('a component that is edited while it is shown keeps its session (PEERS: StrictMode, HMR, remount warm twice)', async ({
  proxy,
  profile,
}) => {
  const site = await serveHot(proxy.url)
  try {
    const tab = await profile.open(site.url)
    const shown = () => tab.evaluate(() => document.body.innerText)
    await soon(shown).toBe('before: warm')
    await tab.evaluate(() => void Object.assign(globalThis, { isFirst: true }))

    await site.save(code => code.replace('before', 'after'))
    await soon(shown).toBe('after: warm')
    // Other hooks than before: React mounts it anew.
    const remounted = (code: string) => code.replace('const {', 'useWarmAgentSession()\n  const {')
    await site.save(code => remounted(code.replace('before', 'in the end')))
    await soon(shown).toBe('in the end: warm')

    // For longer than a session outlives its last component.
    await moreBeats(proxy, 8)
    expect(await tab.evaluate(() => 'isFirst' in globalThis)).toBe(true)
    expect(proxy.visits('open')).toHaveLength(1)
    expect(proxy.visits('close')).toEqual([])
  } finally {
    await site.close()
  }
})
