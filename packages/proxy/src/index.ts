export {
  type AgentAnswer,
  type AgentRequest,
  type AgentRuntime,
  type FailureReason,
  RuntimeFailure,
  type RuntimeSession,
} from './agent-runtime.ts'
