import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'

export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Kills it, with all that it knew. */
  kill(): Promise<void>
  /** Kills it, and starts an empty one on the same port. */
  restart(): Promise<void>
  /** Ends it for good. */
  stop(): Promise<void>
}

/** Starts a real Redis on a free port, that writes nothing to the disk. `startRedis` of the tests knows the executable. */
export async function startRedisProcess(executable: string): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'warm-agent-redis-'))
  const port = await freePort()
  let server = await start(executable, port, directory)

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
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
    // What it says from now on is nobody's business, and must not fill the pipe.
    server.stdout.resume()
    return server
  }
  throw new Error(
    'Could not start Redis: it ended before it was ready. Install it (Debian: apt-get install redis-server).',
  )
}
