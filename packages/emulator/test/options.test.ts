import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EmulatorError, type EmulatorOptions, startEmulator } from '@warm-agent/emulator'
import { expect, onTestFinished, test } from 'vitest'

test.each<[string, Record<string, unknown>]>([
  ['agent', { agent: undefined }],
  ['agent', { agent: '  ' }],
  ['port', { port: 70_000 }],
  ['port', { port: '9000' }],
  ['port', { port: -1 }],
  ['boot', { boot: 'fixed:2000' }],
  ['boot', { boot: { kind: 'lognormal', medianMs: 9, p99Ms: 8 } }],
  ['idleSeconds', { idleSeconds: 0 }],
  ['idleSeconds', { idleSeconds: Number.NaN }],
  ['idleSeconds', { idleSeconds: 200, maxLifetimeSeconds: 100 }],
  ['maxLifetimeSeconds', { maxLifetimeSeconds: 28_801 }],
  ['seed', { seed: 1.5 }],
  ['arn', { arn: 'arn:aws:bedrock-agentcore:us-east-1:1:runtime/agent' }],
  ['agentReadyTimeoutMs', { agentReadyTimeoutMs: 0 }],
  ['agentOutput', { agentOutput: 'show' }],
  ['onEvent', { onEvent: 1 }],
  ['clock', { clock: {} }],
  ['idleTimeout', { idleTimeout: 3 }],
])('refuses a nonsensical %s: %o', async (name, option) => {
  const error = await startEmulator({ agent: 'true', ...option } as EmulatorOptions).catch(error => error)
  expect(error).toBeInstanceOf(EmulatorError)
  expect(error).toMatchObject({
    code: 'invalid_option',
    message: expect.stringMatching(`^Could not start the emulator: option "${name}" is .+\\. .+\\.$`),
  })
})

test('lets the idle timeout follow a shorter lifetime', async () => {
  const emulator = await startEmulator({ agent: 'true', maxLifetimeSeconds: 100 })
  await emulator.close()
})

test('says that its port is in use', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await expect(startEmulator({ agent: 'true', port })).rejects.toMatchObject({
    code: 'port_in_use',
    message: `Could not start the emulator: port ${port} of 127.0.0.1 is in use. Choose another one, or stop what listens there.`,
  })
})

test('says on Windows that it cannot run a command, and plays a handler there all the same', async () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform') as PropertyDescriptor
  onTestFinished(() => void Object.defineProperty(process, 'platform', platform))
  Object.defineProperty(process, 'platform', { ...platform, value: 'win32' })
  const error = await startEmulator({ agent: 'node agent.js' }).catch(error => error)
  expect(error).toBeInstanceOf(EmulatorError)
  expect(error.message).toBe(
    'Could not start the emulator: an agent that is a command needs Linux, macOS or WSL. ' +
      'Run it in WSL, or give an agent that runs in this process.',
  )
  const emulator = await startEmulator({ agent: () => 'hello' })
  await emulator.close()
})
