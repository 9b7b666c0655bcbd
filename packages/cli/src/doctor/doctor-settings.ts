import { endpointOf, isRuntimeArn, regionOfArn } from '@warm-agent/agentcore'
import type { Headroom } from '@warm-agent/pool/plan'
import { messageSetting, usualMessage } from '../message-setting.ts'
import { readJson } from '../read-json.ts'
import { redisSettings } from '../redis.ts'
import { refuseNeedlessToken, runtimeSettings } from '../runtime-settings.ts'
import { decimal, isOn, list, optional, readSettings, setting } from '../settings.ts'
import { checking, UsageError } from '../usage-error.ts'

const settings = {
  ...runtimeSettings,
  'agent-runtime-arn': setting('ARN', 'the agent runtime to examine', optional, { variable: 'AGENT_RUNTIME_ARN' }),
  'proxy-url': setting(
    'URLS',
    'the proxy to examine, with its base path; of several ways to it, comma-separated, the innermost first: http://localhost:8787/api/agent,https://chat.example.com/api/agent',
    readUrls,
    { variable: 'WARM_AGENT_PROXY_URL', defaultText: 'none' },
  ),
  'page-origin': setting('ORIGIN', 'where the chat page lives: https://chat.example.com', readOrigin, {
    defaultText: "the proxy's own",
  }),
  'proxy-header': setting('HEADER', "what the proxy knows a caller by: 'authorization: Bearer …'", readHeader, {
    variable: 'WARM_AGENT_PROXY_HEADER',
    defaultText: 'none: a proxy for anonymous callers',
  }),
  'agent-url': setting('URL', "the agent's own server, to look at /ping: http://localhost:8080", readUrl, {
    defaultText: 'asked inside of the microVM, by a command',
  }),
  message: messageSetting('what is sent to the agent, once for each way to it'),
  'no-message': {
    help: 'send no message, so that no model is called: an answer is then not looked at for buffering',
    read: isOn,
  },
  'beat-seconds': setting('SECONDS', 'how often you touch a held session', decimal(0.001, 28_800), {
    defaultText: '60 % of the idle timeout, or what the proxy says',
  }),
  'watch-beat': {
    help: 'wait for one beat, to see that a session that is left alone for so long is still there',
    read: isOn,
  },
  rate: setting(
    'PER_SECOND',
    'compare the quotas with a plan for so many first messages a second',
    decimal(0.000_001, 10_000),
    {
      defaultText: 'none',
    },
  ),
  plan: setting('FILE', 'or with this plan, from warm-agent plan --json', optional, { defaultText: 'none' }),
  ...redisSettings,
  free: { help: 'only what costs nothing: start no session', read: isOn },
  yes: { help: 'start sessions on AWS without asking', read: isOn },
  json: { help: 'the report as JSON', read: isOn },
}

export type DoctorSettings = NonNullable<ReturnType<typeof readDoctorSettings>>

/**
 * Reads the options of `warm-agent doctor`.
 *
 * @returns `undefined` when help was asked for and has been printed.
 * @throws UsageError naming what makes no sense.
 */
export function readDoctorSettings(args: string[]) {
  const values = readSettings('warm-agent doctor [options]', settings, args)
  if (!values) return undefined
  const proxyUrls = values['proxy-url'] ?? []
  const arn = values['agent-runtime-arn']
  if (!arn && proxyUrls.length === 0) {
    throw new UsageError(
      'Could not examine anything: neither AGENT_RUNTIME_ARN (or --agent-runtime-arn) nor --proxy-url is set. Give one of them, or both.',
    )
  }
  if (values.rate !== undefined && values.plan !== undefined) {
    throw new UsageError('Could not use --rate and --plan together: both tell the demand. Choose one.')
  }
  if (values['page-origin'] !== undefined && proxyUrls.length === 0) {
    throw new UsageError('Could not use --page-origin: there is no proxy to ask. Give --proxy-url too.')
  }
  checking(() => refuseNeedlessToken(values))
  // A malformed ARN is something that is found.
  if (arn && isRuntimeArn(arn)) checking(() => endpointOf(regionOfArn(arn)))
  return {
    ...values,
    arn,
    proxyUrls,
    message: values.message ?? usualMessage,
    isMessageGiven: values.message !== undefined,
  }
}

/** The beat of a proxy with these settings: 60 % of the idle timeout unless something else is said. */
export function beatMsOf(settings: DoctorSettings, idleTimeoutMs: number): number {
  const seconds = settings['beat-seconds']
  return seconds === undefined ? 0.6 * idleTimeoutMs : seconds * 1_000
}

/** What a plan of `warm-agent plan --json` needs of each quota. @throws UsageError when the file is none. */
export async function readPlanFile(path: string): Promise<Headroom[]> {
  try {
    const plan = (await readJson(path)) as { quotas?: unknown } | null
    if (Array.isArray(plan?.quotas) && plan.quotas.every(isHeadroom)) return plan.quotas
    throw new Error('it has no quotas')
  } catch (cause) {
    throw new UsageError(
      `Could not read the plan "${path}": ${(cause as Error).message}. Give what warm-agent plan --json printed.`,
      { cause },
    )
  }
}

function isHeadroom(value: unknown): value is Headroom {
  const { quota, needed, allowed, left } = (value ?? {}) as Partial<Headroom>
  return typeof quota === 'string' && [needed, allowed, left].every(each => typeof each === 'number')
}

function readUrls(text: string | undefined): string[] {
  return (list(text) ?? []).map(each => (readUrl(each) ?? '').replace(/\/$/, ''))
}

function readUrl(text: string | undefined): string | undefined {
  if (text === undefined || (URL.canParse(text) && /^https?:\/\/[^@]*$/.test(text))) return text
  // It may hold a password.
  if (text.includes('@')) throw new Error('it names a user. Leave that out')
  throw new Error(`"${text}" is no URL like https://chat.example.com/api/agent`)
}

function readOrigin(text: string | undefined): string | undefined {
  if (text === undefined || (URL.canParse(text) && new URL(text).origin === text)) return text
  throw new Error(`"${text}" is no origin like https://chat.example.com, without a path`)
}

/** Its value is not repeated: it may be a token. */
function readHeader(text: string | undefined): readonly [string, string] | undefined {
  if (text === undefined) return undefined
  const [, name, value] = /^([\w-]+):\s*(\S.*)$/.exec(text) ?? []
  if (!name || !value) throw new Error("it is no header. It looks like 'authorization: Bearer …'")
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return [name, value]
  throw new Error('its value has a character that no header can hold. Give Latin-1 without control characters')
}
