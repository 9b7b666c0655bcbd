import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { EmulatorError, type EmulatorOptions, startEmulator } from '@warm-agent/emulator'
import { expect, onTestFinished, test } from 'vitest'

test.each<[string, unknown, Record<string, unknown>?]>([
  ['auth', 'basic'],
  ['credentials', { accessKeyId: 'only' }],
  ['credentials', { accessKeyId: 'a', secretAccessKey: 'b' }, { auth: 'oauth' }],
  ['oauth', { allowedClients: ['web'] }],
  ['oauth', { allowedClients: [] }, { auth: 'oauth' }],
  ['oauth', { clients: ['web'] }, { auth: 'oauth' }],
  ['oauth', { discoveryUrl: 'https://example.com/openid' }, { auth: 'oauth' }],
  ['qualifiers', []],
  ['qualifiers', ['1st']],
  ['requestHeaderAllowlist', ['Authorization']],
  ['requestHeaderAllowlist', ['Content-Type']],
  ['requestHeaderAllowlist', ['X-Amzn-Trace']],
  ['requestHeaderAllowlist', ['X-One', 'x-one']],
  ['requestHeaderAllowlist', Array.from({ length: 21 }, (_, place) => `x-${place}`)],
  ['chaos', 7],
  ['chaos', [{ fault: 'slow', speed: 1 }]],
  ['chaos', [{ fault: 'late', kind: 'dance' }]],
  ['chaos', [null]],
  ['adminPort', 70_000],
  ['allowedHosts', 'emulator.example.com'],
  ['allowedHosts', ['http://emulator.example.com']],
  ['allowedHosts', ['emulator.example.com:9000']],
  ['allowedHosts', ['*.example.com']],
])('refuses a senseless %s: %j', async (name, value, more = {}) => {
  const options = { agent: 'true', ...more, [name]: value } as EmulatorOptions
  const error = await startEmulator(options).catch(error => error)
  expect(error).toBeInstanceOf(EmulatorError)
  expect(error.code).toBe('invalid_option')
  expect(error.message).toMatch(new RegExp(`^Could not start the emulator: option "${name}" is [^\\n]+\\.$`))
})

test('never shows a secret in what it refuses', async () => {
  const credentials = { accessKeyId: '', secretAccessKey: 'my secret' }
  const error = await startEmulator({ agent: 'true', credentials }).catch(error => error)
  expect(error.message).not.toContain('my secret')
})

test('says that the admin port is in use, and listens nowhere', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port: adminPort } = other.address() as AddressInfo
  await expect(startEmulator({ agent: 'true', adminPort })).rejects.toMatchObject({
    code: 'port_in_use',
    message: expect.stringContaining(`port ${adminPort}`),
  })
})
