export {
  type AgentAnswer,
  type AgentRequest,
  type AgentRuntime,
  type FailureReason,
  RuntimeFailure,
  type RuntimeSession,
} from './agent-runtime.ts'
export { type AnonymousCallersOptions, anonymousCallers } from './anonymous-callers.ts'
export type { Authorize, Caller } from './callers.ts'
export { createWarmProxy, type WarmProxy } from './create-warm-proxy.ts'
export type { ProxyEvent, SessionEventDetails } from './proxy-event.ts'
export type { ProxyLimits, WarmProxyOptions } from './proxy-options.ts'
export type { WarmRuntimeSession } from './routes/lend-session.ts'
