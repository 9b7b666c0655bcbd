import type { DemandOptions } from '@warm-agent/pool/plan'
import { defaultTexts, platforms, price, readPlatform } from '../price-settings.ts'
import { decimal, given, integer, isOn, optional, readSettings, setting } from '../settings.ts'
import { UsageError } from '../usage-error.ts'

const dayMs = 86_400_000
const seconds = (most: number, least = 0.001) => decimal(least, most)

const settings = {
  rate: setting('PER_SECOND', 'first messages per second in the busiest hour', text => {
    if (text === undefined) throw new Error('it is not set. Give the first messages per second in the busiest hour')
    return decimal(0.000_001, 10_000)(text)
  }),
  'replenishment-ms': setting('MS', 'from asking for a session until it is warm, on average', decimal(1, 600_000), {
    defaultText: "the platform's published cold start: 1960 on v2, 2850 on v1-code, 5370 on v1-container",
  }),
  bench: setting('FILE', 'take the replenishment time from this result of warm-agent bench instead', optional, {
    defaultText: 'none',
  }),
  platform: setting('NAME', `one of ${platforms.join(', ')}`, readPlatform, { defaultText: 'v2' }),
  'footprint-gb': setting('GB', 'memory of one session', decimal(0.001, 64), {
    defaultText: defaultTexts.footprintGb,
  }),
  'idle-seconds': setting('SECONDS', "the runtime's idleRuntimeSessionTimeout", integer(60, 28_800, undefined), {
    defaultText: '900',
  }),
  'max-lifetime-seconds': setting('SECONDS', "the runtime's maxLifetime", integer(60, 28_800, undefined), {
    defaultText: '28800',
  }),
  'miss-rate': setting('SHARE', 'first messages that may go cold: 0.001 or 0.1%', share(false), {
    defaultText: '0.1%',
  }),
  'send-rate': setting('SHARE', 'visitors who send a message: 0.3 or 30%', share(true), { defaultText: '30%' }),
  'no-page': { help: 'callers open no page, so nothing can be warmed ahead for its own user', read: isOn },
  'pool-size': setting('NUMBER', 'a size to be judged', integer(1, 10_000, undefined), {
    defaultText: 'the rule of thumb: a third more than rate × replenishment time',
  }),
  'lead-ms': setting('MS', 'of 20 first messages 19 come later than this after the page opened', decimal(1, dayMs), {
    defaultText: '5000',
  }),
  'mean-lead-ms': setting('MS', 'how long first messages come after the page opened, on average', decimal(1, dayMs), {
    defaultText: '8.54 × --lead-ms, as of a log-normal lead with σ 1',
  }),
  'intent-lead-ms': setting('MS', 'as --lead-ms, after the user began to write', decimal(1, dayMs), {
    defaultText: '3000',
  }),
  'mean-intent-lead-ms': setting('MS', 'as --mean-lead-ms, after the user began to write', decimal(1, dayMs), {
    defaultText: '8.54 × --intent-lead-ms',
  }),
  'intent-send-rate': setting('SHARE', 'visitors who send, of those who begin to write', share(true), {
    defaultText: '70%',
  }),
  'visit-seconds': setting('SECONDS', 'how long a visitor who sends nothing stays', seconds(86_400), {
    defaultText: '60',
  }),
  'park-seconds': setting('SECONDS', 'how long a session is kept after its page left', seconds(86_400, 0), {
    defaultText: '30',
  }),
  'conversation-seconds': setting('SECONDS', 'from the first message to the end', seconds(86_400), {
    defaultText: '180',
  }),
  'messages-per-conversation': setting('NUMBER', 'for the quota of calls', decimal(1, 10_000), { defaultText: '5' }),
  'hours-per-day': setting('HOURS', 'how long the rate is that high', decimal(0.01, 24), { defaultText: '24' }),
  'other-sessions-per-second': setting(
    'NUMBER',
    'new sessions of other traffic in the same account and region',
    decimal(0, 10_000),
    { defaultText: '0' },
  ),
  region: setting('REGION', 'the quota of active sessions depends on it', readRegion, { defaultText: 'us-east-1' }),
  'new-sessions-per-second': setting('NUMBER', 'your quota', decimal(0.01, 1e6), { defaultText: '25' }),
  'calls-per-second': setting('NUMBER', 'your quota', decimal(0.01, 1e6), { defaultText: '1000' }),
  'active-sessions': setting('NUMBER', 'your quota', integer(1, 1e6, undefined), {
    defaultText: '5000 in us-east-1 and us-west-2, 2500 elsewhere',
  }),
  endpoints: setting('NUMBER', 'your quota', integer(1, 1000, undefined), { defaultText: '10' }),
  'dollars-per-gb-hour': setting('DOLLARS', 'your price of memory', price, {
    defaultText: defaultTexts.dollarsPerGbHour,
  }),
  'dollars-per-vcpu-hour': setting('DOLLARS', 'your price of CPU', price, {
    defaultText: defaultTexts.dollarsPerVcpuHour,
  }),
  json: { help: 'the whole plan as JSON', read: isOn },
  chart: setting('FILE', 'draw miss rate and cost over pool size: FILE.svg or FILE.html', readChart, {
    defaultText: 'none',
  }),
}

export interface PlanCommand {
  demand: DemandOptions
  benchFile: string | undefined
  isJson: boolean
  chartFile: string | undefined
}

/**
 * Reads the options of `warm-agent plan`.
 *
 * @returns `undefined` when help was asked for and has been printed.
 * @throws UsageError naming what makes no sense.
 */
export function readPlanSettings(args: string[]): PlanCommand | undefined {
  const values = readSettings('warm-agent plan --rate PER_SECOND [options]', settings, args)
  if (!values) return undefined
  const { bench: benchFile, rate: ratePerSecond = 0 } = values
  const replenishmentMs = values['replenishment-ms']
  if (benchFile !== undefined && replenishmentMs !== undefined) {
    throw new UsageError(
      'Could not use --bench and --replenishment-ms together: both tell the replenishment time. Choose one.',
    )
  }
  if (values['no-page'] && values['send-rate'] !== undefined && values['send-rate'] !== 1) {
    throw new UsageError('Could not use --send-rate with --no-page: every caller sends. Leave one of them out.')
  }
  const idleTimeoutMs = inMs(values['idle-seconds'])
  const maxLifetimeMs = inMs(values['max-lifetime-seconds'])
  if ((idleTimeoutMs ?? 0) > (maxLifetimeMs ?? 28_800_000)) {
    throw new UsageError('Could not use --idle-seconds: it is longer than --max-lifetime-seconds. Give at most that.')
  }
  return {
    benchFile,
    isJson: values.json,
    chartFile: values.chart,
    demand: {
      ratePerSecond,
      replenishmentMs,
      idleTimeoutMs,
      maxLifetimeMs,
      platform: values.platform,
      footprintGb: values['footprint-gb'],
      missRate: values['miss-rate'],
      hasPage: !values['no-page'],
      sendRate: values['send-rate'],
      intentSendRate: values['intent-send-rate'],
      leadMs: values['lead-ms'],
      meanLeadMs: values['mean-lead-ms'],
      intentLeadMs: values['intent-lead-ms'],
      meanIntentLeadMs: values['mean-intent-lead-ms'],
      visitMs: inMs(values['visit-seconds']),
      parkMs: inMs(values['park-seconds']),
      conversationMs: inMs(values['conversation-seconds']),
      messagesPerConversation: values['messages-per-conversation'],
      hoursPerDay: values['hours-per-day'],
      poolSize: values['pool-size'],
      otherSessionsPerSecond: values['other-sessions-per-second'],
      region: values.region,
      quotas: given({
        newSessionsPerSecond: values['new-sessions-per-second'],
        callsPerSecond: values['calls-per-second'],
        activeSessions: values['active-sessions'],
        endpoints: values.endpoints,
      }),
      prices: given({
        dollarsPerGbHour: values['dollars-per-gb-hour'],
        dollarsPerVcpuHour: values['dollars-per-vcpu-hour'],
      }),
    },
  }
}

function inMs(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * 1000
}

function readRegion(text: string | undefined): string | undefined {
  if (text === undefined || /^[a-z]{2}(-[a-z]+)+-\d$/.test(text)) return text
  throw new Error(`"${text}" is no region like us-east-1`)
}

function readChart(text: string | undefined): string | undefined {
  if (text === undefined || /\.(svg|html)$/.test(text)) return text
  throw new Error(`"${text}" ends neither in .svg nor in .html`)
}

/** Reads `0.001` or `0.1%`: above 0, and below 1 or up to it. */
function share(mayBeWhole: boolean): (text: string | undefined) => number | undefined {
  return text => {
    if (text === undefined) return undefined
    const [, digits, sign] = /^(\d*\.?\d+)\s*(%?)$/.exec(text.trim()) ?? []
    const value = Number(digits) / (sign ? 100 : 1)
    if (value > 0 && (mayBeWhole ? value <= 1 : value < 1)) return value
    throw new Error(`"${text}" is not a share above 0 and ${mayBeWhole ? 'up to' : 'below'} 1, like 0.3 or 30%`)
  }
}
