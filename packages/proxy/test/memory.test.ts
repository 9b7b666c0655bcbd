import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createTestProxy } from './browser.ts'
import { createFakeRuntime } from './fake-runtime.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** A proxy behind a real server, and a page that reads no more of an answer than its beginning. */
async function startStalled(body: () => ReadableStream<Uint8Array>, onMessage: (body: Uint8Array) => void = () => {}) {
  const fake = createFakeRuntime()
  fake.answerWith(body)
  const { proxy } = createTestProxy({
    runtime: {
      ...fake.runtime,
      invoke(session, message, ...rest) {
        onMessage(message.body)
        return fake.runtime.invoke(session, message, ...rest)
      },
    },
  })
  const server = createServer(toNodeHandler(proxy.fetch)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const asking = request({ port, method: 'POST', path: '/api/agent/messages' }).end('hi')
  asking.on('error', () => {})
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  return answer.pause()
}

test('of an answer of a gigabyte that nobody reads, a few megabytes are taken from the agent', async () => {
  const chunk = new Uint8Array(65_536)
  let taken = 0
  const answer = await startStalled(
    () =>
      new ReadableStream(
        {
          pull(controller) {
            taken += chunk.length
            if (taken > 1e9) controller.close()
            else controller.enqueue(chunk)
          },
        },
        { highWaterMark: 0 },
      ),
  )
  let before = -1
  const isStill = () => {
    const last = before
    before = taken
    return last === taken
  }
  await vi.waitUntil(isStill, { interval: 100 })
  expect(taken).toBeLessThan(20_000_000)
  // It goes on when somebody does.
  answer.resume()
  await vi.waitUntil(() => taken > 100_000_000, { timeout: 5_000 })
})

test('the message is not held in memory as long as its answer goes on', async () => {
  let sent: WeakRef<Uint8Array> | undefined
  await startStalled(
    () => new ReadableStream({ start: controller => controller.enqueue(new TextEncoder().encode('thinking')) }),
    body => {
      sent = new WeakRef(body)
    },
  )
  await vi.waitUntil(() => {
    collect()
    return sent && sent.deref() === undefined
  })
})
