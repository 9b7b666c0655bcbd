import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { UsageError } from './usage-error.ts'

/**
 * @param settings The variables and flags to change when the port cannot be had, in words.
 * @returns where it listens.
 * @throws UsageError when the port cannot be had.
 */
export async function listen(
  server: Server,
  { port, host }: { port: number; host: string },
  settings: string,
): Promise<URL> {
  try {
    await once(server.listen(port, host), 'listening')
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'it is in use' : (cause as Error).message
    throw new UsageError(`Could not listen on ${host}:${port}: ${why}. Choose another ${settings}.`, { cause })
  }
  const name = host.includes(':') ? `[${host}]` : host
  return new URL(`http://${name}:${(server.address() as AddressInfo).port}`)
}
