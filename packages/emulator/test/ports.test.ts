import { once } from 'node:events'
import { createServer, Server } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createPorts } from '../src/ports.ts'

test('hands out no port of 127.0.0.1 that somebody listens on, where all addresses can be had beside it, as on macOS', async () => {
  const { listen } = Server.prototype
  const everywhere = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (
    this: Server,
    port?: unknown,
    host?: unknown,
  ) {
    return listen.call(this, typeof host === 'string' ? { port: Number(port), host } : { port: 0 })
  })
  onTestFinished(() => everywhere.mockRestore())
  const ports = createPorts()
  onTestFinished(() => ports.close())

  const taken = await ports.take()
  const somebody = createServer().listen(taken, '127.0.0.1')
  onTestFinished(() => void somebody.close())
  await once(somebody, 'listening')
  ports.giveBack(taken)
  const next = []
  for (let count = 0; count < 100; count++) next.push(await ports.take())
  expect(next).not.toContain(taken)
})
