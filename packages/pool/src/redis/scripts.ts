import { joinScript, leaveScript } from './join-script.ts'
import { headOf, type KeyName, keyNames } from './keys.ts'
import { sessionScripts } from './session-scripts.ts'

/** What the store does inside Redis, each script one atomic step. */
export const scripts = { join: joinScript, leave: leaveScript, ...sessionScripts }

export type ScriptName = keyof typeof scripts

/** A claim is what users wait for: it is sent no key that it does not need. */
export function keysOf(name: ScriptName): readonly KeyName[] {
  return name === 'claim' ? ['ready'] : keyNames
}

/**
 * Run with one key, of nothing, it does nothing: so it is loaded.
 *
 * @param owner Makes the script's hash this pool's own: see run-scripts.ts.
 */
export function textOf(name: ScriptName, owner: string): string {
  const keys = keysOf(name)
  const onlyLoaded = keys.length > 1 ? 'if not KEYS[2] then return end\n' : ''
  return `-- ${owner}\n${onlyLoaded}${headOf(keys)}\n${scripts[name]}`
}
