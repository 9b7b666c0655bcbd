import { afterAll, expect, test } from 'vitest'
import { stopAll } from './support/command.ts'
import { startFleet } from './support/fleet.ts'
import { createPage } from './support/page.ts'

afterAll(stopAll)

test('a beat is answered while 120 answers stream: the sockets are not the limit', async () => {
  const page = createPage((await startFleet(1)).proxies[0] ?? '')
  await (await page.open()).end
  const streams = await Promise.all(
    Array.from({ length: 120 }, () => page.start({ prompt: 'long', chunks: 1000, everyMs: 100 })),
  )
  // An answer takes 100 s; with the SDK's own 50 sockets the beat would wait for 71 of them.
  expect((await page.beat()).status).toBe('warm')
  await Promise.all(streams.map(stream => stream.body?.cancel()))
  await page.close()
})
