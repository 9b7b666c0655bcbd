import { readFile } from 'node:fs/promises'
import { type AgentCoreRuntimeOptions, createAgentCoreRuntime, regionOfArn } from '@warm-agent/agentcore'
import type { AgentRuntime } from '@warm-agent/proxy'
import { platforms, readPlatform } from './price-settings.ts'
import { given, integer, list, oneOf, optional, required, setting, type Values } from './settings.ts'

/** AgentCore's own bounds of both durations. An emulator may end its sessions sooner. */
const leastSeconds = 60
const longestSeconds = 28_800

/** The settings of a command that talks to the agent runtime. */
export const runtimeSettings = {
  'agent-runtime-arn': setting('ARN', 'the agent runtime', required('the ARN of your agent runtime'), {
    variable: 'AGENT_RUNTIME_ARN',
  }),
  'agent-runtime-qualifiers': setting('NAMES', 'its endpoints, comma-separated', list, {
    variable: 'AGENT_RUNTIME_QUALIFIERS',
    defaultText: 'DEFAULT',
  }),
  'agent-runtime-fallback-arns': setting(
    'ARNS',
    'the same agent in other regions, comma-separated: new sessions go there while the endpoints are unwell',
    list,
    { variable: 'AGENT_RUNTIME_FALLBACK_ARNS' },
  ),
  'agent-runtime-platform': setting(
    'PLATFORM',
    `one of ${platforms.join(', ')}: whether several endpoints are worth using`,
    readPlatform,
    { variable: 'AGENT_RUNTIME_PLATFORM' },
  ),
  'agent-runtime-spread': setting(
    'SPREAD',
    'how new sessions are placed on the endpoints: first, round-robin or least-warming',
    oneOf('first', 'round-robin', 'least-warming'),
    { variable: 'AGENT_RUNTIME_SPREAD', defaultText: 'first on v1-code and v2, else round-robin' },
  ),
  'agent-runtime-auth': setting('AUTH', 'what the runtime takes: sigv4 or oauth', oneOf('sigv4', 'oauth'), {
    variable: 'AGENT_RUNTIME_AUTH',
    defaultText: 'sigv4',
  }),
  'agent-runtime-token-file': setting(
    'PATH',
    'for oauth: a file with the token of the calls that no caller stands behind; read before each',
    optional,
    { variable: 'AGENT_RUNTIME_TOKEN_FILE', defaultText: "callers' own tokens only" },
  ),
  'agent-protocol': setting(
    'PROTOCOL',
    'what the agent speaks: http, ag-ui, mcp or a2a',
    oneOf('http', 'ag-ui', 'mcp', 'a2a'),
    { variable: 'AGENT_PROTOCOL', defaultText: 'http' },
  ),
  'aws-region': setting('REGION', 'its region', optional, { variable: 'AWS_REGION', defaultText: 'from the ARN' }),
  'agent-idle-timeout-seconds': setting(
    'SECONDS',
    "the runtime's idleRuntimeSessionTimeout",
    integer(1, longestSeconds, undefined),
    { variable: 'AGENT_IDLE_TIMEOUT_SECONDS', defaultText: '900, or the lifetime if that is shorter' },
  ),
  'agent-max-lifetime-seconds': setting(
    'SECONDS',
    "the runtime's maxLifetime",
    integer(1, longestSeconds, longestSeconds),
    { variable: 'AGENT_MAX_LIFETIME_SECONDS', defaultText: `${longestSeconds}` },
  ),
}

/** @throws Error naming what makes no sense. */
export function runtimeFrom(
  values: Values<typeof runtimeSettings>,
  onEvent?: AgentCoreRuntimeOptions['onEvent'],
): AgentRuntime {
  refuseNeedlessToken(values)
  refuseImpossible(values)
  const tokenFile = values['agent-runtime-token-file']
  const isOauth = values['agent-runtime-auth'] === 'oauth'
  const ownToken = tokenFile && (async () => (await readFile(tokenFile, 'utf8')).trim())
  const idleSeconds = values['agent-idle-timeout-seconds']
  return createAgentCoreRuntime({
    arn: values['agent-runtime-arn'],
    maxLifetimeMs: values['agent-max-lifetime-seconds'] * 1000,
    fallbacks: values['agent-runtime-fallback-arns']?.map(arn => ({ arn })) ?? [],
    ...given({
      qualifiers: values['agent-runtime-qualifiers'],
      // `--aws-region ''` asks for none.
      region: values['aws-region'] || undefined,
      platform: values['agent-runtime-platform'],
      spread: values['agent-runtime-spread'],
      protocol: values['agent-protocol'],
      auth: isOauth ? { bearer: ownToken || ('caller' as const) } : undefined,
      idleTimeoutMs: idleSeconds && idleSeconds * 1000,
      onEvent,
    }),
  })
}

/** @throws Error for a token file where the runtime takes no token. */
export function refuseNeedlessToken(
  values: Pick<Values<typeof runtimeSettings>, 'agent-runtime-auth' | 'agent-runtime-token-file'>,
): void {
  if (!values['agent-runtime-token-file'] || values['agent-runtime-auth'] === 'oauth') return
  throw new Error('Could not use AGENT_RUNTIME_TOKEN_FILE: the runtime takes SigV4. Set AGENT_RUNTIME_AUTH=oauth.')
}

/** @throws Error for what no runtime on AWS can have. */
function refuseImpossible(values: Values<typeof runtimeSettings>): void {
  const region = values['aws-region']
  const regionOfRuntime = region && regionOfArn(values['agent-runtime-arn'])
  if (region !== regionOfRuntime) {
    throw new Error(
      `Could not use AWS_REGION (or --aws-region): it is ${region}, but the runtime is in ${regionOfRuntime}. Leave it out, or set that.`,
    )
  }
  if (process.env.AWS_ENDPOINT_URL_BEDROCK_AGENTCORE || process.env.AWS_ENDPOINT_URL) return
  for (const name of ['agent-idle-timeout-seconds', 'agent-max-lifetime-seconds'] as const) {
    const seconds = values[name] ?? leastSeconds
    if (seconds >= leastSeconds) continue
    throw new Error(
      `Could not use ${runtimeSettings[name].variable} (or --${name}): ${seconds} is below AgentCore's least, ${leastSeconds}. ` +
        'Give what the runtime has; an emulator, which may have less, is named by AWS_ENDPOINT_URL_BEDROCK_AGENTCORE.',
    )
  }
}
