import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { anonymousCallers, createWarmProxy } from '@warm-agent/proxy'
import { toNodeHandler } from '@warm-agent/proxy/node'
import { createLog } from '../log.ts'
import { serve } from '../serve.ts'
import { integer, isOn, list, optional, readSettings, required, setting } from '../settings.ts'
import { checking } from '../usage-error.ts'

const longestSeconds = 28_800

const settings = {
  'agent-runtime-arn': setting('ARN', 'the agent runtime', required('the ARN of your agent runtime'), {
    variable: 'AGENT_RUNTIME_ARN',
  }),
  'agent-runtime-qualifiers': setting('NAMES', 'its endpoints, comma-separated', list, {
    variable: 'AGENT_RUNTIME_QUALIFIERS',
    defaultText: 'DEFAULT',
  }),
  'aws-region': setting('REGION', 'its region', optional, { variable: 'AWS_REGION', defaultText: 'from the ARN' }),
  'warm-agent-secret': setting(
    'SECRETS',
    'seals the tickets; at least 32 bytes; comma-separated for rotation: the first seals, all open',
    text => list(required('at least 32 random bytes, for example from: openssl rand -base64 48')(text)) ?? [],
    { variable: 'WARM_AGENT_SECRET' },
  ),
  'warm-agent-origins': setting('ORIGINS', 'further origins whose pages may call, comma-separated', list, {
    variable: 'WARM_AGENT_ORIGINS',
  }),
  'warm-agent-anonymous': {
    help: 'accept callers who did not sign in, each bound to a sealed cookie',
    variable: 'WARM_AGENT_ANONYMOUS',
    read: isOn,
  },
  'agent-idle-timeout-seconds': setting(
    'SECONDS',
    "the runtime's idleRuntimeSessionTimeout",
    integer(1, longestSeconds, undefined),
    { variable: 'AGENT_IDLE_TIMEOUT_SECONDS', defaultText: '900' },
  ),
  'agent-max-lifetime-seconds': setting(
    'SECONDS',
    "the runtime's maxLifetime",
    integer(1, longestSeconds, longestSeconds),
    { variable: 'AGENT_MAX_LIFETIME_SECONDS', defaultText: `${longestSeconds}` },
  ),
  port: setting('PORT', 'where to listen', integer(0, 65_535, 8787), { variable: 'PORT', defaultText: '8787' }),
  host: setting('HOST', 'where to listen', text => text ?? '127.0.0.1', { variable: 'HOST', defaultText: '127.0.0.1' }),
}

/** `warm-agent proxy` */
export async function proxy(args: string[]): Promise<void> {
  const values = readSettings('warm-agent proxy [options]', settings, args)
  if (!values) return
  const log = createLog()
  const secret = values['warm-agent-secret']
  const idleSeconds = values['agent-idle-timeout-seconds']
  const warmProxy = checking(() =>
    createWarmProxy({
      runtime: createAgentCoreRuntime({
        arn: values['agent-runtime-arn'],
        ...(values['agent-runtime-qualifiers'] && { qualifiers: values['agent-runtime-qualifiers'] }),
        ...(values['aws-region'] && { region: values['aws-region'] }),
        ...(idleSeconds && { idleTimeoutMs: idleSeconds * 1000 }),
        maxLifetimeMs: values['agent-max-lifetime-seconds'] * 1000,
      }),
      authorize: values['warm-agent-anonymous'] ? anonymousCallers({ secret }) : () => null,
      secret,
      origins: values['warm-agent-origins'] ?? [],
      onEvent: event => log.proxyEvent(event),
    }),
  )
  if (!values['warm-agent-anonymous']) {
    log.warn(
      'Every caller will be refused: nobody can be told apart yet. Set WARM_AGENT_ANONYMOUS=1 to accept anybody.',
    )
  }
  const url = await serve(toNodeHandler(warmProxy.fetch), values, () => warmProxy.close())
  process.stdout.write(`warm-agent proxy listens on port ${url.port}, base path /api/agent: ${url.origin}/api/agent\n`)
}
