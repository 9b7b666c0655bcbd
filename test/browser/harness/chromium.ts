import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** A Chromium that speaks the DevTools protocol over a pipe: no port, no WebSocket, and none of Playwright's emulation. */
export interface Chromium {
  send<Result = unknown>(method: string, params?: object, devToolsSession?: string): Promise<Result>
  close(): Promise<void>
}

interface Reply {
  id?: number
  result?: unknown
  error?: { message: string }
}

const flags = [
  '--headless',
  '--remote-debugging-pipe',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export async function launchChromium(path: string): Promise<Chromium> {
  const directory = await mkdtemp(join(tmpdir(), 'warm-agent-chromium-'))
  // Opens chrome://discards, the only place where a tab can be told to be discarded.
  await writeFile(join(directory, 'Local State'), JSON.stringify({ internal_only_uis_enabled: true }))

  const child = spawn(path, [...flags, `--user-data-dir=${directory}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  const [, , , input, output] = child.stdio as unknown as [null, null, null, Writable, Readable]
  const waiting = new Map<number, { method: string; resolve(result: unknown): void; reject(error: Error): void }>()
  let lastId = 0
  let unread = ''

  output.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (unread + chunk).split('\0')
    unread = messages.pop() ?? ''
    for (const message of messages) {
      const { id = 0, result, error } = JSON.parse(message) as Reply
      const caller = waiting.get(id)
      waiting.delete(id)
      if (error) caller?.reject(new Error(`${caller.method}: ${error.message}`))
      else caller?.resolve(result)
    }
  })
  input.on('error', () => {})
  void exited.then(() => {
    for (const { method, reject } of waiting.values()) reject(new Error(`${method}: Chromium has exited.`))
  })

  function send<Result>(method: string, params: object = {}, devToolsSession?: string): Promise<Result> {
    return new Promise((resolve, reject) => {
      const id = ++lastId
      waiting.set(id, { method, resolve: resolve as (result: unknown) => void, reject })
      input.write(`${JSON.stringify({ id, method, params, sessionId: devToolsSession })}\0`)
    })
  }

  return {
    send,
    async close() {
      await send('Browser.close').catch(() => {})
      await exited
      await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
