import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { anonymousCallers } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { expect } from 'vitest'
import { createTestProxy, secret } from '../../packages/proxy/test/browser.ts'
import { createFakeRuntime } from '../../packages/proxy/test/fake-runtime.ts'
import { test } from './harness/browser-test.ts'
import { soon } from './harness/watch.ts'

// A fresh profile of Chromium blocks third-party cookies, and has secure ones without TLS on this machine.
test('a page of another site is warm too, for a visitor who has no account (privacycg/CHIPS)', async ({
  proxy: pages,
  profile,
  onTestFinished,
}) => {
  const { runtime, log } = createFakeRuntime()
  const { proxy } = createTestProxy({
    runtime,
    authorize: anonymousCallers({ secret, crossSite: true }),
    origins: [new URL(pages.url).origin],
  })
  const server = createServer(toNodeHandler(proxy.fetch)).listen(0, 'localhost')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await proxy.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const tab = await profile.open(`${pages.url}/plain?endpoint=http://localhost:${port}/api/agent`)
  await soon(() => tab.evaluate(() => page.snapshot().status)).toBe('warm')
  await tab.evaluate(() => page.send('Hello'))
  expect(await tab.evaluate(() => page.snapshot().outcome)).toBe('warm')
  expect(log.filter(line => line.endsWith('started'))).toHaveLength(1)
})
