export {
  type AgentAnswer,
  type AgentRequest,
  type AgentRuntime,
  type ByteReader,
  type CallCredentials,
  type FailureReason,
  type RuntimeAddress,
  RuntimeFailure,
  type RuntimeSession,
} from './agent-runtime.ts'
export { type AnonymousCallersOptions, anonymousCallers } from './anonymous-callers.ts'
export type { Authorize, Caller } from './callers.ts'
export type { ConversationSource } from './conversation.ts'
export { createWarmProxy, type WarmProxy } from './create-warm-proxy.ts'
export { memoryLedger } from './ledger/memory-ledger.ts'
export type { HoldReason, LedgerEntry, SessionLedger, WriteResult } from './ledger/session-ledger.ts'
export type { LimitStore } from './limits/limit-store.ts'
export type { LimitName, WarmLimits } from './limits/warm-limits.ts'
export type { ProxyEvent, SessionEventDetails } from './proxy-event.ts'
export type { ProxyLimits, WarmProxyOptions } from './proxy-options.ts'
export type { WarmRuntimeSession } from './routes/lend-session.ts'
export type { ClaimedSession, SessionPool } from './session-pool.ts'
export { stopSession, type WarmUpAnswer, type WarmUpOptions, warmUp } from './sessions/warm-up.ts'
