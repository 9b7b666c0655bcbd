export type { PoolAlarms } from './cdk/pool-alarms.ts'
export type { PoolFunction, PoolFunctionProps } from './cdk/pool-function.ts'
export { WarmPool, type WarmPoolProps, type WarmProxyProps } from './cdk/warm-pool.ts'
