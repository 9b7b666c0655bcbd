import { expect, onTestFinished, test } from 'vitest'
import { createHttpHandlers } from '../src/http-handler.ts'
import { createHttpsCalls } from '../src/https-calls.ts'
import { arn, never, request, session, startDataPlane } from './data-plane.ts'

test('streams that have taken every socket hold up the next message, and no warm-up, beat or stop', async () => {
  const dataPlane = await startDataPlane(({ headers }, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' })
    if (headers['mcp-session-id'] === 'endless') outgoing.write('data: one\n\n')
    else outgoing.end('{}')
  })
  onTestFinished(dataPlane.close)
  const calls = createHttpsCalls({
    base: () => new URL(dataPlane.url),
    isMcp: false,
    handlers: createHttpHandlers(2),
    authorize: async each => each,
  })
  const target = { arn, qualifier: 'DEFAULT', sessionId: session.id }
  const endless = { ...request, headers: { 'mcp-session-id': 'endless' } }
  const streams = await Promise.all([calls.invoke(target, endless, never), calls.invoke(target, endless, never)])
  let isAnswered = false
  const waiting = calls.invoke(target, request, never).then(() => {
    isAnswered = true
  })
  for (let count = 0; count < 3; count++) {
    const beat = await calls.invoke(target, { ...request, isWarmUp: true }, never)
    expect(await new Response(beat.body).text()).toBe('{}')
    await calls.stop(target, never)
  }
  expect(isAnswered).toBe(false)
  await streams[0]?.body.cancel()
  await waiting
})

test('while there are sockets, a message goes over the one that a warm-up has opened', async () => {
  const ports = new Set<number | undefined>()
  const dataPlane = await startDataPlane(({ socket }, outgoing) => {
    ports.add(socket.remotePort)
    outgoing.end('{}')
  })
  onTestFinished(dataPlane.close)
  const calls = createHttpsCalls({
    base: () => new URL(dataPlane.url),
    isMcp: false,
    handlers: createHttpHandlers(),
    authorize: async each => each,
  })
  const target = { arn, qualifier: 'DEFAULT', sessionId: session.id }
  for (const isWarmUp of [true, false]) {
    const { body } = await calls.invoke(target, { ...request, isWarmUp }, never)
    await new Response(body).text()
    // Node gives a socket back a moment after its answer has ended.
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(ports.size).toBe(1)
})
