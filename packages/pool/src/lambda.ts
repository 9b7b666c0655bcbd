export { createPoolHandlers, type PoolHandlers, type PoolHandlersOptions } from './lambda/create-pool-handlers.ts'
export {
  invokeWithWarmSession,
  type WarmInvocation,
  type WarmInvocationAnswer,
} from './lambda/invoke-with-warm-session.ts'
export { type MetricName, metricsNamespace } from './lambda/metrics-log.ts'
