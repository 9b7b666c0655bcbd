import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const running = new Set<ChildProcess>()

export interface Started {
  /** The first line on stdout that matches; the process goes on. */
  lineMatching(pattern: RegExp): Promise<RegExpExecArray>
  stdout(): string
  stderr(): string
  stop(signal?: NodeJS.Signals): Promise<number | null>
  exited: Promise<number | null>
  pid: number
}

/** Starts `warm-agent` from its sources, as a process of its own. */
export function warmAgent(args: string[], env: Record<string, string> = {}): Started {
  const child = spawn(
    process.execPath,
    ['--conditions=@warm-agent/source', '--import', 'tsx', 'packages/cli/src/main.ts', ...args],
    {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  running.add(child)
  const lines: string[] = []
  const waiting = new Set<() => void>()
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  createInterface({ input: child.stdout }).on('line', line => {
    lines.push(line)
    for (const look of waiting) look()
  })
  // Not `exit`: what it printed last may still be on its way then.
  const exited = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  return {
    lineMatching: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          for (const line of lines) {
            const match = pattern.exec(line)
            if (!match) continue
            waiting.delete(look)
            resolve(match)
          }
        }
        waiting.add(look)
        look()
        void exited.then(code => reject(new Error(`exited with ${code} before it printed ${pattern}: ${stderr}`)))
      }),
    stdout: () => lines.map(line => `${line}\n`).join(''),
    stderr: () => stderr,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return exited
    },
    exited,
    pid: child.pid ?? 0,
  }
}

/** Runs it to its end. */
export async function warmAgentOnce(args: string[], env?: Record<string, string>) {
  const command = warmAgent(args, env)
  const code = await command.exited
  return { code, stdout: command.stdout(), stderr: command.stderr() }
}

/** For `afterEach`: nothing that a test started outlives it. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(child => child.kill('SIGKILL') && once(child, 'exit')))
}
