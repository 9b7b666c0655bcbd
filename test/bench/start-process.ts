import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const fromSource = ['--conditions=@warm-agent/source', '--import', 'tsx']
/** The packages as they are published: tsx names every function anew whenever it is made, which a proxy pays for with each message. */
const asPublished = ['--import', 'tsx']

/** Starts a part of the bench as a process of its own. @returns the first line that it prints, and ways to hear more and to stop it. */
export async function startProcess(
  file: string,
  env: Record<string, string> = {},
  flags: string[] = [],
  { isPublished = false } = {},
) {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [...flags, ...(isPublished ? asPublished : fromSource), path], {
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  async function nextLine(): Promise<string> {
    const { done, value } = await lines.next()
    if (done) throw new Error(`Could not measure: ${file} ended before it was ready.`)
    return value
  }
  return {
    line: await nextLine(),
    nextLine,
    signal: (name: NodeJS.Signals) => child.kill(name),
    stop: () => stop(child),
  }
}

/** Brings what {@link startProcess} takes as published up to date. */
export function buildPackages(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  execFileSync('npx', ['tsc', '-b', 'packages/agentcore'], { cwd: root, stdio: 'inherit' })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill()
  await once(child, 'exit')
}
