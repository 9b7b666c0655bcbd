import { secretCommand } from '../secret-command.ts'

/** A function for the user's file that makes the proxy from the environment. Not at import: a build has no secrets. */
export const proxySource = `function createProxy() {
  const { AGENT_RUNTIME_ARN: arn = '', WARM_AGENT_SECRET: secret = '', WARM_AGENT_ANONYMOUS: anonymous = '' } = process.env
  return createWarmProxy({
    runtime: createAgentCoreRuntime({ arn }),
    secret,
    // Who is asking? Return { callerId } for a user who has signed in, and null for anybody else.
    authorize: ['1', 'true'].includes(anonymous) ? anonymousCallers({ secret }) : () => null,
  })
}
`

export const proxyImports = `import { createAgentCoreRuntime } from '@warm-agent/agentcore'
import { anonymousCallers, createWarmProxy } from '@warm-agent/proxy'
`

/** What `createWarmProxy` in those files needs to be set. */
export const variables = {
  AGENT_RUNTIME_ARN: 'The agent runtime on Amazon Bedrock AgentCore.',
  WARM_AGENT_SECRET: `Seals the tickets: at least 32 random bytes, for example from: ${secretCommand}`,
  WARM_AGENT_ANONYMOUS:
    '1 accepts anybody, each bound to a sealed cookie. Empty: only callers that your `authorize` knows.',
}
