import { spawn } from 'node:child_process'
import type { Watchdog } from './watchdog.ts'

/**
 * Starts a shell command in a process group of its own, with `PORT`. It never outlives the emulator: `release` ends the
 * guard when it has ended by itself.
 */
export function spawnGuarded(command: string, port: number, watchdog: Watchdog) {
  watchdog.arm()
  const child = spawn(command, {
    shell: true,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PORT: String(port) },
  })
  const { pid } = child
  return { child, release: pid === undefined ? () => {} : watchdog.guard(pid) }
}
