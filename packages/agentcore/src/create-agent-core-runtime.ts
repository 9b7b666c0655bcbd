import type { BedrockAgentCoreClient } from '@aws-sdk/client-bedrock-agentcore'
import type { AgentRuntime } from '@warm-agent/proxy'
import * as z from 'zod'
import { regionOfArn } from './arn.ts'
import { createDefaultClient, createSdkCalls } from './sdk-calls.ts'
import { readEcho, type WarmUpFormat, warmUpRequest } from './warm-up.ts'

export interface AgentCoreRuntimeOptions {
  /** The agent runtime's ARN. */
  arn: string
  /** The endpoints that new sessions are placed on, in turn. @default ['DEFAULT'] */
  qualifiers?: readonly string[]
  /** @default the region of the ARN */
  region?: string
  /** The runtime's `idleRuntimeSessionTimeout`, on AWS 60 s to 8 h, in milliseconds. @default 900_000, or `maxLifetimeMs` when that is less */
  idleTimeoutMs?: number
  /** The runtime's `maxLifetime`, on AWS 60 s to 8 h, in milliseconds. @default 28_800_000 */
  maxLifetimeMs?: number
  /** For an agent that does not use `@warm-agent/agent`. */
  warmUp?: WarmUpFormat
  /** A client of your own: for other credentials, a proxy, tracing. @default one with the SDK's default credentials */
  client?: BedrockAgentCoreClient
}

// AgentCore's own minimum is 60 s; an emulator's is not.
const lifetime = z.number().min(1_000).max(28_800_000)

const optionsSchema = z
  .strictObject({
    arn: z.string(),
    qualifiers: z
      .array(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,47}$/, 'expected letters, digits and _, at most 48'))
      .min(1)
      .default(['DEFAULT']),
    region: z
      .string()
      .regex(/^[a-z0-9-]+$/, 'expected a region like us-east-1')
      .optional(),
    idleTimeoutMs: lifetime.optional(),
    maxLifetimeMs: lifetime.default(28_800_000),
    warmUp: z.strictObject({ body: z.unknown().optional(), readEcho: z.unknown().optional() }).optional(),
    client: z.unknown().optional(),
  })
  .refine(({ idleTimeoutMs = 0, maxLifetimeMs }) => idleTimeoutMs <= maxLifetimeMs, {
    path: ['idleTimeoutMs'],
    error: 'is longer than maxLifetimeMs',
  })

/**
 * The proxy's port to Amazon Bedrock AgentCore, signed with SigV4 by the AWS SDK, which also honours
 * `AWS_ENDPOINT_URL_BEDROCK_AGENTCORE`.
 *
 * @throws Error that names the option that is unknown or makes no sense.
 */
export function createAgentCoreRuntime(options: AgentCoreRuntimeOptions): AgentRuntime {
  const checked = optionsSchema.safeParse(options)
  if (!checked.success) {
    const [issue] = checked.error.issues
    const where = issue?.path.length ? `option ${issue.path.join('.')}: ` : ''
    throw new Error(`Could not create the runtime: ${where}${issue?.message}. See AgentCoreRuntimeOptions.`)
  }
  const { arn, qualifiers, maxLifetimeMs, idleTimeoutMs = Math.min(900_000, maxLifetimeMs) } = checked.data
  const regionOfRuntime = regionOfArn(arn)
  const { client = createDefaultClient(options.region ?? regionOfRuntime), warmUp = {} } = options
  return {
    ...createSdkCalls(client, arn),
    qualifiers,
    idleTimeoutMs,
    maxLifetimeMs,
    warmUpRequest: nonce => warmUpRequest(nonce, warmUp),
    readEcho: warmUp.readEcho ?? readEcho,
  }
}
