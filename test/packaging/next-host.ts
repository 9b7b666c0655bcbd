import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { build } from 'esbuild'
import type { Handle, Host } from '../../packages/proxy/test/hosts.ts'
import { listenLocally } from '../support/listen-locally.ts'
import { freshProject } from './fresh-project.ts'
import { environment, run } from './run.ts'

/**
 * A Next.js app with the adapter in a route handler, by `next build` and `next start`. It asks this process for its
 * answers, so that the tests steer them.
 */
export async function startNextHost(): Promise<Pick<Host, 'start'> & { close(): Promise<void> }> {
  const folder = await freshProject('next-host', [], { packs: [], others: ['next@16.4.6', 'react', 'react-dom'] })
  await placeAdapter(folder)
  const next = join(folder, 'node_modules/.bin/next')
  await run(folder, next, 'build')

  let current: Handle = async () => new Response(null, { status: 503 })
  const handler = createServer(
    toNodeHandler(async request => current(new Request(request.headers.get('x-handled-url') ?? '', request))),
  )
  const { origin: handlerUrl } = await listenLocally(handler)
  const env = { ...environment(), HANDLER_URL: handlerUrl }
  const server = spawn(next, ['start', '--port', '0', '--hostname', '127.0.0.1'], { cwd: folder, env })
  const exited = once(server, 'exit')
  const origin = await originOf(server.stdout)

  return {
    async start(handle) {
      current = handle
      return { origin, fetch, close() {} }
    },
    async close() {
      server.kill()
      await exited
      handler.closeAllConnections()
      handler.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The adapter as it is in the sources, by the name that it has in the package. */
async function placeAdapter(folder: string): Promise<void> {
  const place = join(folder, 'node_modules/@warm-agent/proxy')
  await mkdir(place, { recursive: true })
  const adapter = fileURLToPath(new URL('../../packages/proxy/src/adapters/next.ts', import.meta.url))
  await build({ entryPoints: [adapter], outfile: join(place, 'next.js'), bundle: true, format: 'esm' })
  await writeFile(join(place, 'package.json'), JSON.stringify({ type: 'module', exports: { './next': './next.js' } }))
}

/** @throws Error with all that was printed, when no address is. */
async function originOf(stdout: NodeJS.ReadableStream): Promise<string> {
  const printed: string[] = []
  for await (const line of createInterface({ input: stdout })) {
    printed.push(line)
    const [found] = /http:\/\/[\w.]+:\d+/.exec(line) ?? []
    if (!found) continue
    stdout.resume()
    return found
  }
  throw new Error(`Could not start Next.js:\n${printed.join('\n')}`)
}
