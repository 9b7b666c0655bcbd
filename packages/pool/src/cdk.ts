export type { PoolAlarms } from './cdk/pool-alarms.ts'
export type { PoolFunction, PoolFunctionProps } from './cdk/pool-function.ts'
export { WarmPool } from './cdk/warm-pool.ts'
export type { WarmPoolProps, WarmProxyProps } from './cdk/warm-pool-props.ts'
