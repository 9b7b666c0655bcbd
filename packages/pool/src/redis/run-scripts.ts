import { createHash } from 'node:crypto'
import type { SendCommand } from './redis-client.ts'
import { keysOf, type ScriptName, textOf } from './scripts.ts'

export type RunScript = (name: ScriptName, ...args: string[]) => Promise<unknown>

/**
 * Runs a script with one round trip, and one more where the server does not know it.
 *
 * @param scope What the keys begin with, with the hash tag that keeps them in one slot of a cluster.
 */
export function createRunScript(send: SendCommand, scope: string): RunScript {
  const known = new Map<ScriptName, { text: string; hash: string; keys: string[] }>()

  function know(name: ScriptName) {
    const text = textOf(name)
    const keys = keysOf(name).map(key => `${scope}:${key}`)
    const script = { text, hash: createHash('sha1').update(text).digest('hex'), keys: [`${keys.length}`, ...keys] }
    known.set(name, script)
    return script
  }

  return (name, ...args) => {
    const { text, hash, keys } = known.get(name) ?? know(name)
    return send('EVALSHA', hash, ...keys, ...args).catch(failure => {
      if (!(failure instanceof Error) || !failure.message.startsWith('NOSCRIPT')) throw failure
      return send('EVAL', text, ...keys, ...args)
    })
  }
}
