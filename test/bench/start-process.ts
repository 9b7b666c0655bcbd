import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const fromSource = ['--conditions=@warm-agent/source', '--import', 'tsx']

/** Starts a part of the bench as a process of its own. @returns the first line that it prints, and a way to stop it. */
export async function startProcess(file: string, env: Record<string, string> = {}, flags: string[] = []) {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [...flags, ...fromSource, path], {
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { line: await firstLine(child, file), stop: () => stop(child) }
}

async function firstLine(child: ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> }, file: string) {
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error(`Could not measure: ${file} ended before it was ready.`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill()
  await once(child, 'exit')
}
