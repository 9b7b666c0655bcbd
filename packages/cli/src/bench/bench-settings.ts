import { endpointOf, regionOfArn } from '@warm-agent/agentcore'
import { isLoopback } from '../is-loopback.ts'
import { messageSetting, usualMessage } from '../message-setting.ts'
import { defaultTexts, platforms, price, readPlatform } from '../price-settings.ts'
import { readBoot } from '../read-boot.ts'
import { decimal, integer, isOn, list, oneOf, optional, readSettings, setting } from '../settings.ts'
import { checking, UsageError } from '../usage-error.ts'
import type { ArrivalKind } from './arrivals.ts'
import { footprintFrom } from './bench-cost.ts'
import { repeatingCommand } from './repeating-command.ts'
import type { Target } from './rig.ts'
import type { Load } from './run-scenario.ts'
import { type ScenarioName, scenarioNames } from './scenarios.ts'

const articleBoot = 'lognormal:2900,4900'
const usualScenarios: ScenarioName[] = ['cold', 'naive', 'joined', 'warm', 'steady']
const dayMs = 86_400_000

const settings = {
  'agent-runtime-arn': setting('ARN', 'the agent runtime to measure', optional, { variable: 'AGENT_RUNTIME_ARN' }),
  'agent-runtime-qualifiers': setting('NAMES', 'its endpoints, comma-separated', list, {
    variable: 'AGENT_RUNTIME_QUALIFIERS',
    defaultText: 'DEFAULT',
  }),
  agent: setting('COMMAND', 'measure this agent in an emulator of its own instead: no AWS, no cost', optional),
  boot: setting('SPEC', "the emulator's boots: fixed:MS, lognormal:MEDIAN_MS,P99_MS or file:PATH", readBootText, {
    defaultText: `${articleBoot}, or the platform's`,
  }),
  scenarios: setting('NAMES', `comma-separated, of ${scenarioNames.join(', ')}`, readScenarios, {
    defaultText: usualScenarios.join(','),
  }),
  messages: setting('NUMBER', 'messages measured in each scenario', integer(1, 1_000_000, 30), { defaultText: '30' }),
  concurrency: setting('NUMBER', 'visitors at a time, each waiting for its answer', integer(1, 10_000, undefined), {
    defaultText: '4',
  }),
  rate: setting(
    'PER_SECOND',
    'instead: visitors come at this rate, whether answers come or not',
    decimal(0.001, 10_000),
    {
      defaultText: 'none',
    },
  ),
  arrivals: setting('KIND', 'with --rate: poisson or constant', oneOf<ArrivalKind>('poisson', 'constant'), {
    defaultText: 'poisson',
  }),
  'delay-ms': setting(
    'MS',
    'joined, naive: the message comes so long after the page opened',
    integer(0, dayMs, 1_000),
    {
      defaultText: '1000',
    },
  ),
  'lead-ms': setting('MS', 'warm, steady, with --rate: the page opens so long before', integer(0, dayMs, 15_000), {
    defaultText: '15000',
  }),
  message: messageSetting('what is sent to the agent'),
  'timeout-ms': setting('MS', 'a message without a whole answer by then has failed', integer(1, 3_600_000, 120_000), {
    defaultText: '120000',
  }),
  seed: setting('NUMBER', 'the same seed draws the same arrivals and boots', integer(0, 2 ** 32 - 1, undefined), {
    defaultText: 'random',
  }),
  out: setting('PATH', 'the report is PATH.html and PATH.json', text => text ?? 'warm-agent-bench', {
    defaultText: 'warm-agent-bench',
  }),
  'max-cost': setting(
    'DOLLARS',
    'begin nothing beyond this; the report is then of what was measured',
    decimal(0.0001, 1_000_000),
    {
      defaultText: '1 on AWS',
    },
  ),
  platform: setting(
    'NAME',
    `the platform whose prices count, and that the emulator plays: ${platforms.join(', ')}`,
    readPlatform,
    {
      defaultText: 'v2',
    },
  ),
  'memory-gb': setting('GB', 'for the cost: billed memory of a microVM', decimal(0.125, 64), {
    defaultText: defaultTexts.footprintGb,
  }),
  'dollars-per-gb-hour': setting('DOLLARS', 'your price of memory', price, {
    defaultText: defaultTexts.dollarsPerGbHour,
  }),
  'dollars-per-vcpu-hour': setting('DOLLARS', 'your price of CPU', price, {
    defaultText: defaultTexts.dollarsPerVcpuHour,
  }),
  yes: { help: 'spend the money on AWS without asking', read: isOn },
}

/** Everything that the command line says of a bench. */
export type BenchSettings = NonNullable<ReturnType<typeof readBenchSettings>>

/**
 * Reads the options of `warm-agent bench`.
 *
 * @returns `undefined` when help was asked for and has been printed.
 * @throws UsageError naming what makes no sense.
 */
export function readBenchSettings(args: string[]) {
  const values = readSettings('warm-agent bench [options] | bench --compare BEFORE.json AFTER.json', settings, args)
  if (!values) return undefined
  if (values.agent && args.some(word => /^--agent-runtime-arn(=|$)/.test(word))) {
    throw new UsageError('Could not use --agent and --agent-runtime-arn together: only one is measured. Choose one.')
  }
  const arn = values.agent ? undefined : values['agent-runtime-arn']
  if (!arn && !values.agent) {
    throw new UsageError(
      'Could not start the bench: nothing to measure. Set AGENT_RUNTIME_ARN (or --agent-runtime-arn) for a runtime, ' +
        'or give --agent "<command>" for an emulator.',
    )
  }
  if (arn) checking(() => endpointOf(regionOfArn(arn)))
  if (values.rate !== undefined && values.concurrency !== undefined) {
    throw new UsageError(
      'Could not use --rate and --concurrency together: the first does not wait for answers. Choose one.',
    )
  }
  if (values.rate === undefined && values.arrivals !== undefined) {
    throw new UsageError('Could not use --arrivals: they come at a rate. Give --rate, or leave it out.')
  }
  const seed = values.seed ?? Math.floor(Math.random() * 2 ** 32)
  const { platform } = values
  // A platform has its own boots. Without one they are as in the article.
  const bootText = values.boot ?? (platform ? undefined : articleBoot)
  const load: Load =
    values.rate === undefined
      ? { kind: 'closed', concurrency: values.concurrency ?? 4 }
      : { kind: 'open', perSecond: values.rate, arrivals: values.arrivals ?? 'poisson' }
  const target: Target = {
    arn,
    qualifiers: values['agent-runtime-qualifiers'],
    emulate: values.agent ? { agent: values.agent, boot: readBoot(bootText), platform, seed } : undefined,
  }
  const footprint = footprintFrom(values)
  const isFree = !arn || isLoopback(process.env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE)
  return {
    target,
    isFree,
    bootText: bootText ?? `those of ${platform}`,
    load,
    seed,
    footprint,
    scenarios: values.scenarios,
    messages: values.messages,
    delayMs: values['delay-ms'],
    leadMs: values['lead-ms'],
    message: values.message ?? usualMessage,
    timeoutMs: values['timeout-ms'],
    out: values.out,
    maxDollars: values['max-cost'] ?? (isFree ? undefined : 1),
    isConfirmed: values.yes,
    command: repeatingCommand(args, values.seed === undefined ? ['--seed', String(seed)] : []),
  }
}

function readScenarios(text: string | undefined): ScenarioName[] {
  const words = list(text) ?? usualScenarios
  const stranger = words.find(word => !(scenarioNames as readonly string[]).includes(word))
  if (stranger === undefined) return scenarioNames.filter(name => words.includes(name))
  throw new Error(`"${stranger}" is no scenario. Give some of ${scenarioNames.join(', ')}`)
}

/** Checks it, and keeps the text for the report. */
function readBootText(text: string | undefined): string | undefined {
  readBoot(text)
  return text
}
