import { describeEvent, type EmulatorEvent } from '@warm-agent/emulator'
import { onEnd } from '../on-end.ts'
import { platforms, readPlatform } from '../price-settings.ts'
import { readBoot } from '../read-boot.ts'
import { decimal, integer, isOn, oneOf, optional, readSettings, required, setting } from '../settings.ts'
import { startAgent } from '../start-agent.ts'
import { wireOptionsFrom, wireSettings } from '../wire-settings.ts'

const longestSeconds = 28_800
const most = Number.MAX_SAFE_INTEGER

const settings = {
  agent: setting(
    'COMMAND',
    'starts your agent, once a session; it gets PORT',
    required('the command that starts your agent'),
  ),
  port: setting('PORT', 'where to listen', integer(0, 65_535, 9000), { defaultText: '9000' }),
  platform: setting('NAME', `one of ${platforms.join(', ')}, with its boots and the quotas of AWS`, readPlatform, {
    defaultText: 'none: VMs start at once, nothing is counted',
  }),
  'image-megabytes': setting('MB', "size of the container's image, for the platform's boots", decimal(1, most)),
  boot: setting(
    'SPEC',
    'time to provision a microVM: fixed:MS, lognormal:MEDIAN_MS,P99_MS or file:PATH, with milliseconds in it',
    readBoot,
    { defaultText: "the platform's, else fixed:0" },
  ),
  'pre-warmed': setting('COUNT', 'pre-warmed instances of every endpoint', integer(0, 10_000, undefined), {
    defaultText: '10 on v1-container, else 0',
  }),
  'refill-seconds': setting('SECONDS', 'time to replace a pre-warmed instance', decimal(0.001, most), {
    defaultText: '15',
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
  'teardown-ms': setting('MS', 'time that the end of a session takes, with 409', integer(0, 15_000, undefined), {
    defaultText: '0',
  }),
  'new-sessions-per-second': setting('RATE', 'more are answered with 429', decimal(0.001, most), {
    defaultText: '25 with a platform',
  }),
  'calls-per-second': setting('RATE', 'more are answered with 429', decimal(0.001, most), {
    defaultText: '1000 with a platform',
  }),
  'active-sessions': setting('COUNT', 'one more is answered with 402', integer(1, most, undefined), {
    defaultText: '5000 or 2500 with a platform, by region',
  }),
  'conflict-ms': setting(
    'MS',
    'how long 409 is answered while a session starts or ends; later calls wait',
    integer(0, most, undefined),
    { defaultText: 'to the end of it' },
  ),
  'aborted-provisioning': setting(
    'finish|cancel',
    'what becomes of a VM whose client leaves before it is ready',
    oneOf('finish', 'cancel'),
    { defaultText: 'finish' },
  ),
  'session-scope': setting(
    'id-and-qualifier|id',
    'what selects a VM: with id, endpoints share it',
    oneOf('id-and-qualifier', 'id'),
    { defaultText: 'id-and-qualifier' },
  ),
  seed: setting('NUMBER', 'the same seed draws the same boots', integer(0, 2 ** 32 - 1, undefined), {
    defaultText: 'random',
  }),
  arn: setting('ARN', 'the agent runtime that exists', optional, { defaultText: 'one of its own' }),
  ...wireSettings,
  verbose: { help: 'a line on stderr for everything that happens, and the output of the agents', read: isOn },
}

/** Said, and not among the lines: those are put into .env files too, where whatever is no variable may spoil the one after it. */
const profileHint =
  'AWS_PROFILE is set, and the AWS SDK for JavaScript prefers it to the key of the emulator. Where you use these variables: unset AWS_PROFILE\n'

/** `warm-agent emulate` */
export async function emulate(args: string[]): Promise<void> {
  const values = readSettings('warm-agent emulate --agent "<command>" [options]', settings, args)
  if (!values) return
  const emulator = await startAgent({
    agent: values.agent,
    port: values.port,
    platform: values.platform,
    imageMegabytes: values['image-megabytes'],
    boot: values.boot,
    preWarmed: values['pre-warmed'],
    refillSeconds: values['refill-seconds'],
    idleSeconds: values['idle-seconds'],
    maxLifetimeSeconds: values['max-lifetime-seconds'],
    teardownMs: values['teardown-ms'],
    newSessionsPerSecond: values['new-sessions-per-second'],
    callsPerSecond: values['calls-per-second'],
    activeSessions: values['active-sessions'],
    conflictMs: values['conflict-ms'],
    abortedProvisioning: values['aborted-provisioning'],
    sessionScope: values['session-scope'],
    seed: values.seed,
    arn: values.arn,
    ...wireOptionsFrom(values),
    ...(values.verbose && { onEvent: printEvent, agentOutput: 'inherit' as const }),
  })
  const end = async () => {
    await emulator.close()
    process.exit(0)
  }
  onEnd(end, () => process.exit(1))
  // Not on stdout: a shell evaluates that.
  if (values['admin-port'] !== undefined) process.stderr.write(`Admin routes: ${emulator.adminUrl}/_emulator/\n`)
  if (process.env.AWS_PROFILE) process.stderr.write(profileHint)
  const exports = Object.entries(emulator.env).map(([name, value]) => `export ${name}=${value}\n`)
  process.stdout.write(exports.join(''))
}

function printEvent(event: EmulatorEvent): void {
  process.stderr.write(`${new Date().toISOString()} ${describeEvent(event)}\n`)
}
