import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { describeHost } from './host-cases.ts'
import { type Host, hosts } from './hosts.ts'

// Next.js, built and started, passes them in test/packaging/next-host.test.ts.
for (const host of hosts) describeHost(host)

test('Lambda, which does not tell that a client has left: an answer is given up before the function is', async () => {
  const lambda = hosts.find(({ hearsLeaving }) => !hearsLeaving) as Host
  let signal: AbortSignal | undefined
  const { origin, fetch, close } = await lambda.start(async request => {
    signal = request.signal
    return new Response(new ReadableStream({ start: controller => controller.enqueue(new Uint8Array(1)) }))
  }, 1_050)
  await expect((await fetch(`${origin}/api/agent/stream`)).arrayBuffer()).rejects.toThrow()
  expect(signal?.aborted).toBe(true)
  await close()
})

test('an adapter stays under 60 lines', async () => {
  const folder = new URL('../src/', import.meta.url)
  const adapters = (await readdir(new URL('adapters/', folder))).map(name => `adapters/${name}`)
  for (const path of ['node.ts', ...adapters]) {
    const text = await readFile(new URL(path, folder), 'utf8')
    expect(text.split('\n').length, path).toBeLessThan(60)
  }
})
