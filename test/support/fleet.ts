import { startEmulate } from './emulate.ts'
import { startProxy } from './start-proxy.ts'

/** The real command: an emulator with real agent processes, and proxies that share a secret, each a process. */
export async function startFleet(proxyCount: number, more: Record<string, string> = {}) {
  const { env, books } = await startEmulate('--boot', 'fixed:600')
  const processes = await Promise.all(Array.from({ length: proxyCount }, () => startProxy({ ...env, ...more })))
  return { proxies: processes.map(({ origin }) => origin), processes, env, books }
}
