import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** Starts the demo as `npm run demo` does, on a free port. */
export async function startDemo(env: Record<string, string> = {}) {
  const demo = spawnDemo(env)
  demo.stderr.pipe(process.stderr)
  const exited = once(demo, 'exit')
  return {
    url: await urlPrintedBy(demo),
    async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
      demo.kill(signal)
      await exited
    },
  }
}

/** Starts a demo that ends by itself. */
export async function demoEnds(env: Record<string, string>) {
  const demo = spawnDemo(env, 15_000)
  demo.stdout.resume()
  const [stderr, [code]] = await Promise.all([text(demo.stderr), once(demo, 'exit')])
  return { code: code as number | null, stderr }
}

/** For a user who works with a profile of AWS. @param timeout it is ended then, in milliseconds */
function spawnDemo(more: Record<string, string>, timeout?: number) {
  const { VITEST, ...env } = process.env
  return spawn(process.execPath, ['node_modules/vite/bin/vite.js', '--port', '0', '--host', '127.0.0.1'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...env, NO_COLOR: '1', AWS_PROFILE: 'of-the-user', ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  })
}

async function urlPrintedBy(demo: ReturnType<typeof spawnDemo>): Promise<string> {
  let url: string | undefined
  for await (const line of createInterface({ input: demo.stdout })) {
    url ??= /(http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]
    if (url && line.includes('Backend:')) return url
  }
  throw new Error('The demo ended before it was ready.')
}
