import { emulate } from './commands/emulate.ts'
import { proxy } from './commands/proxy.ts'
import { UsageError } from './usage-error.ts'

const commands: Record<string, (args: string[]) => Promise<void>> = { proxy, emulate }

const help = `Usage: warm-agent <command> [options]

  proxy     the proxy between your chat pages and your agent
  emulate   AgentCore's data plane on this machine, with your agent as its microVMs

warm-agent <command> --help tells the options.
`

async function main([name, ...args]: string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(help)
    return
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new UsageError(`Could not run "${name}": there is no such command. Try warm-agent --help.`)
  await command(args)
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // A wrong setting is the user's to mend: one sentence and status 2. Anything else is ours: with its stack, status 1.
  const isUsage = error instanceof UsageError
  process.stderr.write(`${isUsage ? error.message : String((error as Error)?.stack ?? error)}\n`)
  process.exitCode = isUsage ? 2 : 1
})
