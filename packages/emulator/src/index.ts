export type { Agent } from './agent.ts'
export type { AuthMode, JwtAuthorizer } from './auth/authorizer-options.ts'
export type { Credentials } from './auth/credentials.ts'
export type { TokenRequest } from './auth/token-issuer.ts'
export type { Ledger, VmEntry, VmRecord } from './books.ts'
export { type Boot, bootSampler, parseBoot } from './boot.ts'
export type { CallKind, ChaosRule, Fault } from './chaos/chaos-rule.ts'
export type { Chaos, ChaosState } from './chaos/create-chaos.ts'
export type { Clock } from './clock.ts'
export { describeEvent } from './describe-event.ts'
export { createEchoAgent } from './echo-agent.ts'
export { EmulatorError, type EmulatorErrorCode } from './emulator-error.ts'
export type { EmulatorEvent } from './events.ts'
export { deadlineOf, decideInvoke, decideStop, type EndReason, type Limits, type Phase } from './lifecycle.ts'
export type { EmulatorOptions } from './options.ts'
export type { Ping } from './ping.ts'
export type { Update } from './platform-core.ts'
export type { PlatformErrorType } from './platform-errors.ts'
export type { PlatformOptions } from './platform-options.ts'
export { type Platform, type PlatformName, platformOf } from './platforms.ts'
export { type Prices, pricesOf } from './prices.ts'
export type { QuotaLimits } from './quotas.ts'
export type { RuntimeTrouble } from './runtime-trouble.ts'
export type {
  SimulatedAgent,
  SimulatedAnswer,
  SimulatedCall,
  SimulatedHandler,
  SimulatedVm,
} from './simulated-agent.ts'
export {
  createSimulatedRuntime,
  type SimulatedRuntime,
  type SimulatedRuntimeOptions,
} from './simulated-runtime.ts'
export { type Emulator, startEmulator } from './start-emulator.ts'
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts'
export type { WireOptions } from './wire-options.ts'
