import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../support/free-port.ts'

/** A real Redis that can be taken away for a while; the one of the other tests needs vitest. */
export async function startRedisProcess(executable: string) {
  const directory = await mkdtemp(join(tmpdir(), 'warm-agent-fleet-'))
  const port = await freePort()
  let server = await start(executable, port, directory)

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    /** Kills it with all that it knew, and starts an empty one on the same port. */
    async restart() {
      await kill()
      server = await start(executable, port, directory)
    },
    async stop() {
      await kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function start(executable: string, port: number, directory: string): Promise<ChildProcess> {
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory]
  const server = spawn(executable, settings, { stdio: ['ignore', 'pipe', 'inherit'] })
  server.on('error', () => {
    // It ends without a word: told below.
  })
  for await (const line of createInterface({ input: server.stdout })) {
    if (!line.includes('Ready to accept connections')) continue
    server.stdout.resume()
    return server
  }
  throw new Error(
    'Could not start Redis: it ended before it was ready. Install it (Debian: apt-get install redis-server).',
  )
}
