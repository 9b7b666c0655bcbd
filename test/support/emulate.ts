import { warmAgent } from './command.ts'

/** Starts the command `emulate` with real agent processes. `env` is what its `export` lines say, for an AWS SDK. */
export async function startEmulate(...flags: string[]) {
  const command = warmAgent(['emulate', '--agent', 'node test/fixtures/agent.js', '--port', '0', ...flags])
  const env: Record<string, string> = {}
  const names = [
    'AWS_ENDPOINT_URL_BEDROCK_AGENTCORE',
    'AGENT_RUNTIME_ARN',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ]
  for (const name of names) {
    env[name] = (await command.lineMatching(new RegExp(`^export ${name}=(.+)$`)))[1] ?? ''
  }
  const url = env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE ?? ''
  return {
    env,
    url,
    /** What the emulator says of every microVM that it ever ran. */
    async books(): Promise<{
      vms: { sessionId: string; state: string; endReason?: string; invokes: number }[]
      totals: { vms: number; live: number; resurrected: number }
    }> {
      return (await fetch(`${url}/_emulator/ledger`)).json()
    },
  }
}
