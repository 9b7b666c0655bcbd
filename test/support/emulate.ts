import { warmAgent } from './command.ts'

const settings = [
  'AWS_ENDPOINT_URL_BEDROCK_AGENTCORE',
  'AGENT_RUNTIME_ARN',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
] as const

/** Starts the command `emulate` with real agent processes. `env` is what its `export` lines say, for a proxy. */
export async function startEmulate(...flags: string[]) {
  const command = warmAgent(['emulate', '--agent', 'node test/fixtures/agent.js', '--port', '0', ...flags])
  /** What the line that exports a variable says. */
  const exported = async (name: string) => (await command.lineMatching(new RegExp(`^export ${name}=(.+)$`)))[1] ?? ''
  const env = Object.fromEntries(
    await Promise.all(settings.map(async name => [name, await exported(name)] as const)),
  ) as Record<(typeof settings)[number], string>
  const url = env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE
  return {
    command,
    exported,
    env,
    url,
    /** What the emulator says of every microVM that it ever ran. */
    async books(): Promise<{
      vms: { sessionId: string; state: string; endReason?: string; invokes: number; pid?: number; delayMs: number }[]
      totals: Record<'vms' | 'live' | 'resurrected' | 'boots' | 'warmUps', number> & { refused: Record<string, number> }
    }> {
      return (await fetch(`${url}/_emulator/ledger`)).json()
    },
  }
}
