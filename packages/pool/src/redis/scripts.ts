import { joinScript, leaveScript } from './join-script.ts'
import { headOf, type KeyName, keyNames } from './keys.ts'
import { forgetUnsure } from './reign.ts'
import { claimScript, sessionScripts } from './session-scripts.ts'

/** What the store does inside Redis, each script one atomic step. All but a claim first forget what is not sure. */
const careScripts = { join: joinScript, leave: leaveScript, ...sessionScripts }

export type ScriptName = 'claim' | keyof typeof careScripts

/** A claim is what users wait for: it is sent no key that it does not need. */
export function keysOf(name: ScriptName): readonly KeyName[] {
  return name === 'claim' ? ['ready', 'replid'] : keyNames
}

export function textOf(name: ScriptName): string {
  const text = name === 'claim' ? claimScript : `${forgetUnsure}${careScripts[name]}`
  return `${headOf(keysOf(name))}\n${text}`
}
