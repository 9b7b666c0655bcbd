import { redisStore } from '@warm-agent/pool/redis'
import { Redis } from 'ioredis'
import { afterEach, beforeEach } from 'vitest'
import { type RedisServer, startRedis } from '../../../test/support/redis.ts'

/** A server of its own for each test of a file, and connections to it, each as of another process. */
export function redisForEachTest() {
  let server: RedisServer
  let clients: Redis[] = []

  beforeEach(async () => {
    server = await startRedis()
  })
  afterEach(async () => {
    for (const client of clients) client.disconnect()
    clients = []
    await server.stop()
  })

  function connect(prefix = 'test') {
    const client = new Redis(server.url, { retryStrategy: () => 20 })
    client.on('error', () => {})
    clients.push(client)
    return { client, store: redisStore({ client, prefix }) }
  }

  return { connect, server: () => server, closeLater: (client: Redis) => void clients.push(client) }
}
