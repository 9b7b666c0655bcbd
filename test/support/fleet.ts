import { warmAgent } from './command.ts'
import { startEmulate } from './emulate.ts'

/** The real command: an emulator with real agent processes, and proxies that share a secret, each a process. */
export async function startFleet(proxyCount: number, more: Record<string, string> = {}) {
  const { env, url, books } = await startEmulate('--boot', 'fixed:600')
  const settings = {
    ...env,
    WARM_AGENT_SECRET: 'a secret that the proxies of a fleet share',
    WARM_AGENT_ANONYMOUS: '1',
    PORT: '0',
    ...more,
  }
  const processes = Array.from({ length: proxyCount }, () => warmAgent(['proxy'], settings))
  const listening = await Promise.all(
    processes.map(({ lineMatching }) => lineMatching(/(http:\/\/127\.0\.0\.1:\d+)\/api\/agent$/)),
  )
  return {
    proxies: listening.map(([, origin]) => origin ?? ''),
    emulator: url,
    env,
    processes,
    books,
  }
}
