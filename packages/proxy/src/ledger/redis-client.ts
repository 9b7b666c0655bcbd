/** A connected client of ioredis or iovalkey. */
interface IoredisClient {
  call(command: string, ...words: string[]): Promise<unknown>
}

/** A connected client of the package `redis`. */
interface NodeRedisClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** Your own connected client, of the package `ioredis`, `iovalkey` or `redis`. It is not closed for you. */
export type RedisClient = IoredisClient | NodeRedisClient

export type RunScript = (script: string, keys: string[], words: string[]) => Promise<unknown>

/** @throws Error when the names of keys cannot begin with this. */
export function checkPrefix(prefix: string, task: string): void {
  if (/^[\w.:-]{1,64}$/.test(prefix)) return
  throw new Error(`Could not ${task}: prefix is ${JSON.stringify(prefix)}. Use letters, digits and . : _ -`)
}

/** Whether it is a client of ioredis or iovalkey. */
export function isIoredis(client: RedisClient): client is IoredisClient {
  return typeof (client as Partial<IoredisClient> | undefined)?.call === 'function'
}

/**
 * @returns a function that runs a script on this client.
 * @throws Error when it is none of the clients that are known.
 */
export function toRunScript(client: RedisClient): RunScript {
  if (isIoredis(client)) {
    return (script, keys, words) => client.call('EVAL', script, String(keys.length), ...keys, ...words)
  }
  if (typeof (client as Partial<NodeRedisClient> | undefined)?.eval === 'function') {
    return (script, keys, words) => (client as NodeRedisClient).eval(script, { keys, arguments: words })
  }
  throw new Error('Could not use the Redis client: it is of no known kind. Give one of ioredis, iovalkey or redis.')
}
