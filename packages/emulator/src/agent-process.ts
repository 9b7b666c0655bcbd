import { setTimeout as sleep } from 'node:timers/promises'
import { signalGroup } from './process-group.ts'
import { spawnGuarded } from './spawn-guarded.ts'
import type { Watchdog } from './watchdog.ts'

/** How long an agent may take to leave after SIGTERM; then SIGKILL. The platform takes up to 15 s (AgentCore developer guide). */
const graceMs = 500

/** How long the death by SIGKILL may take; one that no parent collects (process 1 of a container) counts as alive for ever. */
const deathMs = 100

/** How much of what an agent printed is kept for error messages, in characters. */
const keptOutput = 4_096

/** An agent's shell and everything that it started, in a process group of their own. */
export interface AgentProcess {
  readonly pid: number | undefined
  readonly exited: Promise<string>
  lastWords(): string
  end(): Promise<void>
}

/**
 * Has the shell wait for the agent when both are ended: an agent that lost its parent is left to process 1, and that of a
 * container often does not collect it, so that it would count as alive until all patience is over.
 */
const waitForAgent = "trap 'exit 143' TERM; "

/** What a shell that waited says of an agent that was ended. */
const shellNotice = /^(\S+: line \d+: +\d+ )?Terminated\b.*\n/m

export function startAgentProcess(
  command: string,
  env: NodeJS.ProcessEnv,
  output: 'ignore' | 'inherit',
  watchdog: Watchdog,
): AgentProcess {
  const { child, release } = spawnGuarded(waitForAgent + command, env, watchdog)
  const { pid } = child

  const exited = new Promise<string>(resolve => {
    child.once('error', error => resolve(`it could not be started (${error.message})`))
    child.once('exit', (code, signal) => {
      const resolveNow = () => resolve(signal ? `it was ended by ${signal}` : `it exited with status ${code}`)
      child.once('close', resolveNow)
      // A grandchild may hold the pipes for ever; 50 ms are plenty for the last words.
      setTimeout(resolveNow, 50).unref()
    })
  })

  let printed = ''
  let isEnding = false
  // Without a process there may be no streams either (EMFILE).
  const streams = pid === undefined ? [] : [child.stdout, child.stderr]
  for (const stream of streams) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      const text = isEnding ? chunk.replace(shellNotice, '') : chunk
      printed = (printed + text).slice(-keptOutput)
      // To stderr both: the command's stdout is for what a shell evaluates.
      if (output === 'inherit' && text) process.stderr.write(text)
    })
  }

  async function isGone(withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs
    while (pid !== undefined && signalGroup(pid, 0)) {
      if (performance.now() > until) return false
      await sleep(5)
    }
    return true
  }

  return {
    pid,
    exited,
    lastWords: () => printed.trim(),
    async end() {
      isEnding = true
      if (pid !== undefined) signalGroup(pid, 'SIGTERM')
      if (!(await isGone(graceMs)) && pid !== undefined) {
        signalGroup(pid, 'SIGKILL')
        await isGone(deathMs)
      }
      await exited
      for (const stream of streams) stream.destroy()
      release()
    },
  }
}
