import { inject } from 'vitest'
import { type RedisServer, startRedisProcess } from './redis-process.ts'

export type { RedisServer }

/** Starts the real Redis that the machine was prepared with. */
export function startRedis(): Promise<RedisServer> {
  return startRedisProcess(inject('redisServerPath'))
}
