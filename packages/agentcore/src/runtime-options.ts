import type { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import { explainRefusal } from '@warm-agent/proxy/runtime-kit'
import * as z from 'zod'
import { regionOfArn } from './arn.ts'
import { type BearerSource, tokenPattern } from './bearer.ts'
import type { BreakerOptions } from './breaker.ts'
import type { EndpointEvent, Spread } from './endpoints.ts'
import type { AgentProtocol, WarmUpFormat } from './warm-up.ts'

/** The same agent, deployed in another region. */
export interface FallbackRuntime {
  /** Its ARN. No two may be in the same region. */
  arn: string
  /** Its endpoints. @default ['DEFAULT'] */
  qualifiers?: readonly string[]
  /** Like the option `client` of the runtime itself, for this region. */
  client?: BedrockAgentCoreClient
}

export interface AgentCoreRuntimeOptions {
  /** The agent runtime's ARN. */
  arn: string
  /** The endpoints for new sessions, chosen as `spread` says. A session stays where it was placed. @default ['DEFAULT'] */
  qualifiers?: readonly string[]
  /** @default the region of the ARN */
  region?: string
  /**
   * What the runtime takes, which is only one of the two: SigV4, by the AWS SDK, or OAuth, by HTTPS with a bearer token. A
   * caller's own calls always use the token that `authorize` gives for them. For the other calls give a token of the server's
   * own, or a function that is asked for one before every call. With `{ bearer: 'caller' }` there is none, so a session whose
   * caller has left cannot be stopped and ends by idling.
   *
   * @default 'sigv4'
   */
  auth?: 'sigv4' | { bearer: BearerSource }
  /** What the agent speaks: it chooses the warm-up. @default 'http' */
  protocol?: AgentProtocol
  /** How the runtime is deployed, and on which version of the platform. Sets the default of `spread`. @default unknown */
  platform?: 'v1-code' | 'v1-container' | 'v2'
  /**
   * How new sessions are spread over the endpoints that are well. More endpoints make bursts faster only on `v1-container`,
   * which keeps about ten pre-warmed instances for each (measured by blait/AgentCoreWarmPool, September 2026). All endpoints
   * share one quota of new sessions.
   *
   * @default 'first' for `platform` 'v2' and 'v1-code', else 'round-robin'
   */
  spread?: Spread
  /** Where new sessions go, in this order, while no endpoint of the region before is well. @default [] */
  fallbacks?: readonly FallbackRuntime[]
  /** When an endpoint counts as unwell after 429, 402, 5xx or failed connections, and gets no new sessions. @default as {@link BreakerOptions} tells */
  breaker?: BreakerOptions
  /** The runtime's `idleRuntimeSessionTimeout`, on AWS 60 s to 8 h, in milliseconds. @default 900_000, or `maxLifetimeMs` when that is less */
  idleTimeoutMs?: number
  /** The runtime's `maxLifetime`, on AWS 60 s to 8 h, in milliseconds. @default 28_800_000 */
  maxLifetimeMs?: number
  /** For an agent that does not use `@warm-agent/agent`. @default what that understands, by `protocol` */
  warmUp?: WarmUpFormat
  /**
   * A client of your own, for SigV4 with other credentials, a proxy or tracing. Calls go through its `send`, one attempt each:
   * give it enough sockets for your streams. @default the SDK's credentials, endpoint and signer, without its middleware
   */
  client?: BedrockAgentCoreClient
  /**
   * Hears when an endpoint stops and starts getting new sessions. What it throws, or rejects with, is printed by
   * `console.error`, and does not disturb the calls. @default nobody
   */
  onEvent?: (event: EndpointEvent) => void
}

// AgentCore's own minimum is 60 s; an emulator's is not.
const lifetime = z.number().min(1_000).max(28_800_000)
type TokenProvider = Extract<BearerSource, () => unknown>
const aFunction = <F>() => z.custom<F>(value => typeof value === 'function', 'expected a function')
const aClient = z.custom<BedrockAgentCoreClient>(
  value => typeof (value as BedrockAgentCoreClient | undefined)?.send === 'function',
  'expected a BedrockAgentCoreClient',
)
const someQualifiers = z
  .array(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,47}$/, 'expected letters, digits and _, at most 48'))
  .min(1)
  .default(['DEFAULT'])

// Does not quote the value: it may be a token.
const anAuth = "expected 'sigv4' or { bearer }, which is 'caller', a token without the word Bearer, or a function"

const optionsSchema = z
  .strictObject({
    arn: z.string(),
    qualifiers: someQualifiers,
    region: z
      .string()
      .regex(/^[a-z0-9-]+$/, 'expected a region like us-east-1')
      .optional(),
    auth: z
      .union(
        [
          z.literal('sigv4'),
          z.strictObject({ bearer: z.union([z.string().regex(tokenPattern, anAuth), aFunction<TokenProvider>()]) }),
        ],
        { error: anAuth },
      )
      .default('sigv4'),
    protocol: z.enum(['http', 'ag-ui', 'mcp', 'a2a']).default('http'),
    platform: z.enum(['v1-code', 'v1-container', 'v2']).optional(),
    spread: z.enum(['first', 'round-robin', 'least-warming']).optional(),
    fallbacks: z
      .array(z.strictObject({ arn: z.string(), qualifiers: someQualifiers, client: aClient.optional() }))
      .default([]),
    breaker: z
      .strictObject({
        failures: z.number().int().min(1).max(1000).optional(),
        openMs: z.number().min(100).max(600_000).optional(),
      })
      .default({}),
    idleTimeoutMs: lifetime.optional(),
    maxLifetimeMs: lifetime.default(28_800_000),
    warmUp: z
      .strictObject({
        body: aFunction<NonNullable<WarmUpFormat['body']>>().optional(),
        readEcho: aFunction<NonNullable<WarmUpFormat['readEcho']>>().optional(),
      })
      .default({}),
    client: aClient.optional(),
    onEvent: aFunction<(event: EndpointEvent) => void>().optional(),
  })
  .refine(({ idleTimeoutMs = 0, maxLifetimeMs }) => idleTimeoutMs <= maxLifetimeMs, {
    path: ['idleTimeoutMs'],
    error: 'it is longer than maxLifetimeMs',
  })
  .refine(
    ({ auth, client, fallbacks }) => auth === 'sigv4' || ![client, ...fallbacks.map(each => each.client)].some(Boolean),
    {
      path: ['client'],
      error: 'it signs with SigV4, which a runtime that takes OAuth refuses',
    },
  )

/**
 * @returns the options, complete.
 * @throws Error that names the option that is unknown or makes no sense, and its value unless it may be a secret.
 */
export function checkOptions(options: AgentCoreRuntimeOptions) {
  const checked = optionsSchema.safeParse(options)
  if (!checked.success) {
    const refused = explainRefusal(checked.error, options, ['auth'])
    throw new Error(`Could not create the runtime: ${refused}. See AgentCoreRuntimeOptions.`)
  }
  const regionOfHome = regionOfArn(checked.data.arn)
  const { region = regionOfHome, platform } = checked.data
  const { maxLifetimeMs, idleTimeoutMs = Math.min(900_000, maxLifetimeMs) } = checked.data
  const { spread = platform === 'v2' || platform === 'v1-code' ? 'first' : 'round-robin' } = checked.data
  return { ...checked.data, region, idleTimeoutMs, spread }
}
