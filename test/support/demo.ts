import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Starts the demo as `npm run demo` does, on a free port. */
export async function startDemo(): Promise<{ url: string; stop(): Promise<void> }> {
  const { VITEST, ...env } = process.env
  const demo = spawn(process.execPath, ['node_modules/vite/bin/vite.js', '--port', '0', '--host', '127.0.0.1'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await urlPrintedBy(demo)
  return {
    url,
    async stop() {
      demo.kill('SIGTERM')
      await once(demo, 'exit')
    },
  }
}

async function urlPrintedBy(demo: ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> }): Promise<string> {
  let url: string | undefined
  for await (const line of createInterface({ input: demo.stdout })) {
    url ??= /(http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]
    if (url && line.includes('Backend:')) return url
  }
  throw new Error('The demo ended before it was ready.')
}
