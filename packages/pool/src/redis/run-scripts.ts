import { createHash } from 'node:crypto'
import { recoverScript } from './forget-unsure.ts'
import { type KeyName, keyNames } from './keys.ts'
import type { SendCommand } from './redis-client.ts'
import { keysOf, type ScriptName, scripts, textOf } from './scripts.ts'

export type RunScript = (name: ScriptName, ...args: string[]) => Promise<unknown>

/** How often a server may lose its scripts while they are being loaded. */
const mostLoads = 5

/**
 * Runs a script with one round trip.
 *
 * A server that does not know the script (NOSCRIPT) was restarted, or took over from another: scripts are in no snapshot, no
 * append-only file, and (from Redis 7 on) no replica. So nothing is done there before what it may have forgotten has been
 * dealt with. For that, no other pool may load our scripts: their text names this pool.
 */
export function createRunScript(send: SendCommand, prefix: string): RunScript {
  const keysFor = (wanted: readonly KeyName[]) => [`${wanted.length}`, ...wanted.map(name => `{${prefix}}:${name}`)]
  // A line break would end the comment that it stands in.
  const owner = JSON.stringify(prefix)
  const names = Object.keys(scripts) as ScriptName[]
  const texts = names.map(name => textOf(name, owner))
  const heads = new Map(
    names.map((name, index) => [name, [sha1(texts[index] ?? ''), ...keysFor(keysOf(name))]] as const),
  )
  // Of a cluster only what names a key goes to the node that has this pool, and SCRIPT LOAD and INFO name none.
  const loading = ['1', `{${prefix}}:loading`]
  let isLoading: Promise<void> | undefined

  async function runNow(): Promise<string> {
    const [, run] = /run_id:(\w+)/.exec(String(await send('EVAL', infoScript, ...loading))) ?? []
    if (run) return run
    throw new Error('Could not use the pool: Redis does not tell its run_id. Let the client run INFO.')
  }

  async function load(): Promise<void> {
    for (let tries = 0; tries < mostLoads; tries++) {
      const run = await runNow()
      await send('EVAL', recoverScript, ...keysFor(keyNames), run)
      for (const text of texts) await send('EVAL', text, ...loading)
      if (run === (await runNow())) return
    }
    throw new Error('Could not use the pool: Redis is restarted again and again. See its log.')
  }

  async function afterFailure(failure: unknown, name: ScriptName, args: string[], tries: number): Promise<unknown> {
    if (tries >= mostLoads || !(failure instanceof Error) || !failure.message.startsWith('NOSCRIPT')) throw failure
    isLoading ??= load().finally(() => {
      isLoading = undefined
    })
    await isLoading
    return run(name, args, tries + 1)
  }

  function run(name: ScriptName, args: string[], tries: number): Promise<unknown> {
    return send('EVALSHA', ...(heads.get(name) ?? []), ...args).catch(failure =>
      afterFailure(failure, name, args, tries),
    )
  }

  return (name, ...args) => run(name, args, 1)
}

const infoScript = `return redis.call('INFO', 'server')`

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
