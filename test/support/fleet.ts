import { warmAgent } from './command.ts'

interface Books {
  vms: { sessionId: string; state: string; endReason?: string; invokes: number }[]
  totals: { live: number; resurrected: number }
}

/** The real command: an emulator with real agent processes, and proxies that share a secret, each a process. */
export async function startFleet(proxyCount: number, more: Record<string, string> = {}) {
  const emulator = warmAgent([
    'emulate',
    '--agent',
    'node test/fixtures/agent.js',
    '--port',
    '0',
    '--boot',
    'fixed:600',
  ])
  const env: Record<string, string> = {}
  for (const name of [
    'AWS_ENDPOINT_URL_BEDROCK_AGENTCORE',
    'AGENT_RUNTIME_ARN',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ]) {
    env[name] = (await emulator.lineMatching(new RegExp(`^export ${name}=(.+)$`)))[1] ?? ''
  }
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
    emulator: env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE ?? '',
    env,
    processes,
    books: async () =>
      (await fetch(`${env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE}/_emulator/ledger`)).json() as Promise<Books>,
  }
}
