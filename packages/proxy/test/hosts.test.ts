import { readdir, readFile } from 'node:fs/promises'
import { toExpressHandler } from '@warm-agent/proxy/express'
import { toFastifyPlugin } from '@warm-agent/proxy/fastify'
import express from 'express'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { describeHost } from './host-cases.ts'
import { type Handle, type Host, hosts, listen } from './hosts.ts'

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

/** Apps that have put headers of their own on the answer before the proxy is asked. */
const apps: [name: string, start: Host['start']][] = [
  [
    'Express',
    handle => {
      const app = express().use((_, response, next) => {
        response.cookie('app', '1').vary('Accept-Encoding').set({ 'x-app': 'own', 'x-two': 'own' })
        next()
      })
      return listen(app.use('/api/agent', toExpressHandler(handle)))
    },
  ],
  [
    'Fastify',
    async handle => {
      const app = Fastify({ forceCloseConnections: true })
      app.addHook('onRequest', async (_, reply) => {
        reply.headers({ 'set-cookie': 'app=1; Path=/', vary: 'Accept-Encoding', 'x-app': 'own', 'x-two': 'own' })
      })
      await app.register(toFastifyPlugin(handle), { prefix: '/api/agent' })
      return { origin: await app.listen({ port: 0, host: '127.0.0.1' }), fetch, close: () => app.close() }
    },
  ],
]

test.each(apps)(
  '%s: what the app has put on the answer stays, but for what the answer says itself',
  async (_, start) => {
    const handle: Handle = async () =>
      new Response('ok', { headers: { 'set-cookie': 'ours=1', vary: 'Origin', 'x-two': '2' } })
    const { origin, fetch, close } = await start(handle)
    const { headers } = await fetch(`${origin}/api/agent/health`)
    expect(headers.getSetCookie()).toEqual(['app=1; Path=/', 'ours=1'])
    expect(['vary', 'x-app', 'x-two'].map(name => headers.get(name))).toEqual(['Accept-Encoding, Origin', 'own', '2'])
    await close()
  },
)

test('an adapter stays under 60 lines', async () => {
  const folder = new URL('../src/', import.meta.url)
  const adapters = (await readdir(new URL('adapters/', folder))).map(name => `adapters/${name}`)
  for (const path of ['node.ts', ...adapters]) {
    const text = await readFile(new URL(path, folder), 'utf8')
    expect(text.split('\n').length, path).toBeLessThan(60)
  }
})
