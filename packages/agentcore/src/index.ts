export { regionOfArn } from './arn.ts'
export { type AgentCoreRuntimeOptions, createAgentCoreRuntime } from './create-agent-core-runtime.ts'
export type { WarmUpFormat } from './warm-up.ts'
