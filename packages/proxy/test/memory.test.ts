import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { boundMessages } from '../src/limits/bound-messages.ts'
import { memoryLimits } from '../src/limits/memory-limits.ts'
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

test.each(['their sessions', 'their messages'])(
  'nothing is kept of a multitude of callers when %s are over',
  async what => {
    const { hold } = memoryLimits()
    const admitMessage = boundMessages(1)
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    collect()
    const before = process.memoryUsage().heapUsed
    for (let count = 0; count < 50_000; count++) {
      const callerId = `${'x'.repeat(1_000)}${count}`
      if (what === 'their messages') admitMessage({ callerId })()
      else await hold(callerId, 'a session', 1, 1)
      vi.setSystemTime(Date.now() + 1)
    }
    collect()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
    // Both are still in use.
    expect(await hold('ann', 'a session', 1, 1)).toBe(0)
    expect(admitMessage({ callerId: 'ann' })).toBeTypeOf('function')
  },
)
