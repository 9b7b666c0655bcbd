import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../support/free-port.ts'

/** A real Redis on a port of its own; the one of the tests needs vitest. */
export async function startRedis(): Promise<{ port: number; stop(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'warm-agent-redis-'))
  const port = await freePort()
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory]
  const server = spawn(process.env.REDIS_SERVER_PATH ?? 'redis-server', settings, {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: server.stdout })) {
    if (!line.includes('Ready to accept connections')) continue
    server.stdout.resume()
    return {
      port,
      async stop() {
        server.kill()
        await once(server, 'exit')
        await rm(directory, { recursive: true, force: true })
      },
    }
  }
  throw new Error(
    'Could not measure: Redis ended before it was ready. Install it (Debian: apt-get install redis-server).',
  )
}
