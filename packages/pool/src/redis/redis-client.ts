import { showValue } from '@warm-agent/proxy/runtime-kit'

/** A connected client of ioredis or iovalkey (a cluster's too), or of `redis` (node-redis, not its cluster). */
export type RedisClient = IoredisLike | NodeRedisLike

/** What is used of ioredis and iovalkey. */
export interface IoredisLike {
  call(command: string, ...args: string[]): Promise<unknown>
}

/** What is used of `redis`. */
export interface NodeRedisLike {
  sendCommand(args: string[]): Promise<unknown>
}

/** Sends one command. */
export type SendCommand = (...command: [name: string, ...args: string[]]) => Promise<unknown>

/** @throws Error when `client` is none that we know. */
export function toSendCommand(client: RedisClient): SendCommand {
  // ioredis has a sendCommand too, which takes something else.
  if (typeof (client as IoredisLike | undefined)?.call === 'function') {
    return (...command) => (client as IoredisLike).call(...command)
  }
  if (typeof (client as NodeRedisLike | undefined)?.sendCommand === 'function') {
    return (...command) => (client as NodeRedisLike).sendCommand(command)
  }
  throw new Error(
    `Could not create the store: option client is ${showValue(client)}. Give a client of ioredis, iovalkey or redis.`,
  )
}
