import { memoryLedger, type SessionLedger } from '@warm-agent/proxy'
import { redisLedger } from '@warm-agent/proxy/ledger-redis'
import { Redis } from 'ioredis'
import { Redis as Valkey } from 'iovalkey'
import { createClient } from 'redis'

interface OpenLedger {
  ledger: SessionLedger
  close(): void
}

type Kind = 'memory' | 'ioredis' | 'iovalkey' | 'redis'

let prefixes = 0
const nextPrefix = () => `test-${++prefixes}`

/** Every kind of ledger, the Redis ones with each client that is supported. */
export const ledgerKinds: Record<Kind, (url: string, prefix?: string) => Promise<OpenLedger>> = {
  memory: async () => ({ ledger: memoryLedger(), close() {} }),
  async ioredis(url, prefix = nextPrefix()) {
    const client = new Redis(url)
    client.on('error', () => {})
    return { ledger: redisLedger({ client, prefix }), close: () => client.disconnect() }
  },
  async iovalkey(url, prefix = nextPrefix()) {
    const client = new Valkey(url)
    return { ledger: redisLedger({ client, prefix }), close: () => client.disconnect() }
  },
  async redis(url, prefix = nextPrefix()) {
    const client = createClient({ url })
    client.on('error', () => {})
    await client.connect()
    return { ledger: redisLedger({ client, prefix }), close: () => client.destroy() }
  },
}
