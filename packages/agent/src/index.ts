export { type Conversation, conversationOf } from './conversation.ts'
export { createWarmUpGate, type WarmUpGate, type WarmUpGateOptions } from './create-warm-up-gate.ts'
export type { HandlerTiming } from './handler-timings.ts'
export { isWarmUp, type WarmUp, type WarmUpAnswer } from './warm-up.ts'
export {
  type Parsed,
  type RequestSchema,
  type WarmableHandler,
  type WarmableOptions,
  warmable,
} from './warmable.ts'
