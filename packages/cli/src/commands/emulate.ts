import { type Boot, EmulatorError, type EmulatorEvent, parseBoot, startEmulator } from '@warm-agent/emulator'
import { integer, isOn, optional, readSettings, required, setting } from '../settings.ts'
import { UsageError } from '../usage-error.ts'

const longestSeconds = 28_800

const settings = {
  agent: setting(
    'COMMAND',
    'starts your agent, once a session; it gets PORT',
    required('the command that starts your agent'),
  ),
  port: setting('PORT', 'where to listen', integer(0, 65_535, 9000), { defaultText: '9000' }),
  boot: setting('SPEC', 'time to provision a microVM: fixed:MS or lognormal:MEDIAN_MS,P99_MS', readBoot, {
    defaultText: 'fixed:0',
  }),
  'idle-seconds': setting('SECONDS', 'idle timeout of a session', integer(1, longestSeconds, undefined), {
    defaultText: '900',
  }),
  'max-lifetime-seconds': setting(
    'SECONDS',
    'maximum lifetime of a session',
    integer(1, longestSeconds, longestSeconds),
    { defaultText: `${longestSeconds}` },
  ),
  seed: setting('NUMBER', 'the same seed draws the same boots', integer(0, 2 ** 32 - 1, undefined), {
    defaultText: 'random',
  }),
  arn: setting('ARN', 'the agent runtime that exists', optional, { defaultText: 'one of its own' }),
  verbose: { help: 'a line on stderr for everything that happens', read: isOn },
}

/** `warm-agent emulate` */
export async function emulate(args: string[]): Promise<void> {
  const values = readSettings('warm-agent emulate --agent "<command>" [options]', settings, args)
  if (!values) return
  const { boot, verbose } = values
  const emulator = await startEmulator({
    agent: values.agent,
    port: values.port,
    ...(values['idle-seconds'] && { idleSeconds: values['idle-seconds'] }),
    maxLifetimeSeconds: values['max-lifetime-seconds'],
    ...(boot && { boot }),
    ...(values.seed !== undefined && { seed: values.seed }),
    ...(values.arn && { arn: values.arn }),
    ...(verbose && { onEvent: printEvent, agentOutput: 'inherit' as const }),
  }).catch((error: unknown) => {
    throw error instanceof EmulatorError ? new UsageError(error.message, { cause: error }) : error
  })
  const end = async () => {
    await emulator.close()
    process.exit(0)
  }
  process.once('SIGTERM', end).once('SIGINT', end)
  process.stdout.write(
    Object.entries(emulator.env)
      .map(([name, value]) => `export ${name}=${value}\n`)
      .join(''),
  )
}

function readBoot(text: string | undefined): Boot | undefined {
  const boot = text === undefined ? undefined : parseBoot(text)
  if (text === undefined || boot) return boot
  throw new Error(`"${text}" is neither like fixed:2000 nor like lognormal:2900,4900`)
}

function printEvent({ type, ...details }: EmulatorEvent): void {
  const facts = Object.entries(details).map(([name, value]) => `${name}=${value}`)
  process.stderr.write(`${new Date().toISOString()} ${type} ${facts.join(' ')}\n`)
}
