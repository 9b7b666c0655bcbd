import { createServer } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { listenLocally } from '../../../../test/support/listen-locally.ts'
import { checkReachable } from '../../src/bench/check-reachable.ts'

afterEach(() => vi.unstubAllEnvs())

const target = { arn: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5' } as never

test('a connection that breaks was one: the bench begins', async () => {
  let connections = 0
  const server = createServer(socket => {
    connections++
    socket.once('data', () => socket.resetAndDestroy())
  })
  const { origin } = await listenLocally(server)
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', origin)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'id')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  await checkReachable(target)
  expect(connections).toBe(1)
  server.close()
  await expect(checkReachable(target)).rejects.toThrow(/^Could not start the bench: no connection .*ECONNREFUSED/)
})
