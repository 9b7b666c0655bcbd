import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { never, request, session } from './data-plane.ts'
import { serveKind } from './kinds.ts'

const undos: (() => unknown)[] = []
afterEach(() => {
  for (const undo of undos.splice(0)) undo()
  vi.useRealTimers()
})

/** A runtime whose credentials come from an endpoint, as those of a container do. */
async function serve(answer: (outgoing: ServerResponse) => void) {
  let asked = 0
  const endpoint = createServer((_, outgoing) => {
    asked++
    answer(outgoing)
  }).listen(0, '127.0.0.1')
  await once(endpoint, 'listening')
  const served = await serveKind('sigv4', (_, outgoing) => void outgoing.end('{}'))
  undos.push(
    () => endpoint.closeAllConnections(),
    () => endpoint.close(),
  )
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/there/is/none')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  const { port } = endpoint.address() as AddressInfo
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `http://127.0.0.1:${port}/`)
  return { ...served, asked: () => asked }
}

test('an endpoint of credentials that hangs fails the calls that wait for it in time, and is asked anew by the next', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let isHanging = true
  const { runtime, dataPlane, asked } = await serve(outgoing => {
    const Expiration = new Date(Date.now() + 3_600_000).toISOString()
    const found = { AccessKeyId: 'key', SecretAccessKey: 'secret', Token: 'for an hour', Expiration }
    if (!isHanging) outgoing.end(JSON.stringify(found))
  })
  const calls = Promise.allSettled([runtime.invoke(session, request, never), runtime.stop(session)])
  await vi.waitUntil(() => asked() === 1)
  await vi.advanceTimersByTimeAsync(10_000)
  const failure = {
    reason: 'refused',
    mayHaveRun: false,
    message: expect.stringMatching(/^Could not call the runtime: the AWS credentials did not come within 10000 ms\. /),
  }
  expect(await calls).toMatchObject([{ reason: failure }, { reason: failure }])
  expect(dataPlane.calls).toEqual([])

  vi.useRealTimers()
  isHanging = false
  await runtime.stop(session)
  await runtime.stop(session)
  expect(asked()).toBe(2)
  expect(dataPlane.calls).toHaveLength(2)
})

test('the server’s own source of tokens is not waited for any longer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const bearer = () => new Promise<string>(() => {})
  const { runtime } = await serveKind('oauth', () => {}, { auth: { bearer } })
  const stopping = expect(runtime.stop(session)).rejects.toMatchObject({ reason: 'refused', mayHaveRun: false })
  await vi.advanceTimersByTimeAsync(10_100)
  await stopping
})
