import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below the ephemeral ranges of Linux (32768 up) and macOS (49152 up): an outgoing connection can take none of them. */
const lowest = 10_000
const blockSize = 100
const blockCount = 220

/** Hands out ports that nobody listens on, and none twice at a time, to no emulator on this machine. */
export interface Ports {
  take(): Promise<number>
  giveBack(port: number): void
  close(): void
}

/**
 * Between the choice of a port and the agent's own listen, another emulator could choose the same one, and then talk to
 * the wrong agent. So ports come from blocks, and a block is claimed by listening on its first port: the kernel gives
 * that to one process, and takes it back however the process dies.
 */
export function createPorts(): Ports {
  const claims: Server[] = []
  const spare: number[] = []
  let claiming: Promise<void> | undefined

  async function claimBlock(): Promise<void> {
    const start = Math.floor(Math.random() * blockCount)
    for (let tries = 0; tries < blockCount; tries++) {
      const first = lowest + ((start + tries) % blockCount) * blockSize
      const claim = await listen(first)
      if (!claim) continue
      claims.push(claim.unref())
      for (let port = first + 1; port < first + blockSize; port++) spare.push(port)
      return
    }
    throw new Error(`no block of ports from ${lowest} to ${lowest + blockCount * blockSize - 1} is free`)
  }

  return {
    async take() {
      for (;;) {
        const port = spare.shift()
        if (port === undefined) {
          claiming ??= claimBlock().finally(() => {
            claiming = undefined
          })
          await claiming
          continue
        }
        if (await isFree(port)) return port
      }
    },
    // To the end of the queue: connections of its last agent may linger.
    giveBack: port => void spare.push(port),
    close() {
      for (const claim of claims) claim.close()
    },
  }
}

/** @note On macOS all addresses can be had although somebody listens on one of them (nodejs/node#58609). */
async function isFree(port: number): Promise<boolean> {
  for (const host of [undefined, '127.0.0.1']) {
    const probe = await listen(port, host)
    if (!probe) return false
    probe.close()
    await once(probe, 'close')
  }
  return true
}

/** @returns `undefined` when somebody listens there. @param host all addresses unless it is given */
async function listen(port: number, host?: string): Promise<Server | undefined> {
  const server = createServer(connection => connection.destroy())
  try {
    await once(server.listen(port, host), 'listening')
    return server
  } catch {
    return undefined
  }
}
