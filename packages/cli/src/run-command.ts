import { printableLines, withoutSequences, withoutUrlSecrets } from './printable.ts'
import { UsageError } from './usage-error.ts'
import { version } from './version.ts'

/** Loaded when they run: `--help` need not wait for the AWS SDK. */
const commands: Record<string, () => Promise<(args: string[]) => Promise<unknown>>> = {
  init: async () => (await import('./commands/init.ts')).init,
  proxy: async () => (await import('./commands/proxy.ts')).proxy,
  emulate: async () => (await import('./commands/emulate.ts')).emulate,
  plan: async () => (await import('./commands/plan.ts')).plan,
  pool: async () => (await import('./commands/pool.ts')).pool,
  sessions: async () => (await import('./commands/sessions.ts')).sessions,
  bench: async () => (await import('./commands/bench.ts')).bench,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
}

const help = `Usage: warm-agent <command> [options]

  init      adds the proxy, the hook and .env.example to a Next.js, Vite or Express project
  proxy     the proxy between your chat pages and your agent
  emulate   AgentCore's data plane on this machine, with your agent as its microVMs
  plan      which warmth to choose, how much of it, and what it costs
  pool      the sessions that wait in a pool: show them, drain it
  sessions  the sessions that a fleet of proxies holds: list them, stop them
  bench     what warming is worth for your agent, as a report
  doctor    what is wrong between your page and your agent, and what to do about it

warm-agent <command> --help tells the options, warm-agent --version the version.
`

/**
 * Runs the command that the words after `warm-agent` name.
 *
 * @returns the exit status: 0; 2 for a setting that is missing or makes no sense; 1 for a bug of ours; or one of the command's own.
 */
export async function runCommand([name, ...args]: string[]): Promise<number> {
  try {
    if (name === undefined || name === '--help' || name === '-h') {
      process.stdout.write(help)
      return 0
    }
    if (name === '--version' || name === '-v') {
      process.stdout.write(`${version}\n`)
      return 0
    }
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!load) throw new UsageError(`Could not run "${name}": there is no such command. Try warm-agent --help.`)
    const status = await (await load())(args)
    return typeof status === 'number' ? status : 0
  } catch (error) {
    const isUsage = error instanceof UsageError
    const told = isUsage ? error.message : String((error as Error)?.stack ?? error)
    // It may quote a URL, and what a server said.
    process.stderr.write(`${printableLines(withoutUrlSecrets(withoutSequences(told)))}\n`)
    return isUsage ? 2 : 1
  }
}
