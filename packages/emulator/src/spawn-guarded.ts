import { spawn } from 'node:child_process'
import type { Watchdog } from './watchdog.ts'

/**
 * Waits for a line before anything else: an emulator that dies between the fork and the guard ends its input without one.
 * What comes after it is on the same line, so that the shell counts lines as the command does.
 */
const waitForGuard = 'read -r _ || exit 1; exec </dev/null; '

/**
 * Starts a shell command in a process group of its own, with an empty input. It never outlives the emulator:
 * `release` ends the guard when it has ended by itself.
 */
export function spawnGuarded(command: string, env: NodeJS.ProcessEnv, watchdog: Watchdog) {
  watchdog.arm()
  const child = spawn(waitForGuard + command, { shell: true, detached: true, env })
  const { pid } = child
  if (pid === undefined) return { child, release: () => {} }
  const release = watchdog.guard(pid)
  // A shell that has been ended already reads nothing.
  child.stdin.on('error', () => {}).end('\n')
  return { child, release }
}
