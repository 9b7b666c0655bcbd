import { SQSClient } from '@aws-sdk/client-sqs'
import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { createPoolHandlers } from './create-pool-handlers.ts'

/** The functions as the CDK construct deploys them: everything comes from the environment. */
const handlers = createPoolHandlers({
  runtime: createAgentCoreRuntime({
    arn: setting('AGENT_RUNTIME_ARN'),
    qualifiers: setting('AGENT_RUNTIME_QUALIFIERS', 'DEFAULT').split(','),
    idleTimeoutMs: 1_000 * numeric('AGENT_IDLE_TIMEOUT_SECONDS', '900'),
    maxLifetimeMs: 1_000 * numeric('AGENT_MAX_LIFETIME_SECONDS', '28800'),
  }),
  client: new SQSClient({}),
  queueUrl: setting('POOL_QUEUE_URL'),
  refillQueueUrl: setting('POOL_REFILL_QUEUE_URL'),
  target: numeric('POOL_TARGET'),
  version: setting('POOL_VERSION', '1'),
  poolName: setting('POOL_NAME', 'default'),
  everyMs: 1_000 * numeric('POOL_EVERY_SECONDS', '60'),
})

export const { getSession, replenish, keepAlive } = handlers

function setting(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback
  if (value) return value
  throw new Error(`Could not start the pool: ${name} is not set. Set it in the function's environment.`)
}

function numeric(name: string, fallback?: string): number {
  const value = Number(setting(name, fallback))
  if (Number.isFinite(value) && value >= 0) return value
  throw new Error(`Could not start the pool: ${name} is ${process.env[name]}. Give a number from 0.`)
}
