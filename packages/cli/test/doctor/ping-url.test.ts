import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { listenLocally } from '../../../../test/support/listen-locally.ts'
import { diagnose, emulate } from './diagnose.ts'

test('an agent on this machine is asked itself; nobody there, and one that is busy for ever, are named', async () => {
  const { env } = await emulate()
  const nobody = await diagnose(env, '--no-message', '--agent-url', 'http://127.0.0.1:1')
  expect(nobody.findings).toMatchObject([{ id: 'ping-malformed', what: expect.stringMatching(/Nothing answers/) }])
  const server = createServer((_, response) => response.end('{"status":"HealthyBusy"}'))
  const { origin: url } = await listenLocally(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  expect((await diagnose(env, '--no-message', '--agent-url', url)).ids).toEqual(['ping-always-busy'])
})
