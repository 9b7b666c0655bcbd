import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Keeps the promise that no agent outlives the emulator, even after `kill -9`. */
export interface Watchdog {
  /** Makes sure that it runs. Call it before the first process is started. */
  arm(): void
  /** Puts a process group under guard; returns the undo. */
  guard(groupId: number): () => void
  close(): Promise<void>
}

/**
 * Notes the process groups that it is told of, and kills them when its standard input ends: that happens however the
 * emulator dies, because the kernel closes the pipe.
 *
 * @note A shell rather than Node: agents need one anyway, it takes 1 MB, and a string works from sources and from dist.
 */
const script = `
groups=
while read -r verb group; do
  case $verb in
    guard) groups="$groups $group" ;;
    release) rest=; for each in $groups; do [ "$each" = "$group" ] || rest="$rest $each"; done; groups=$rest ;;
  esac
done
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done
`

export function createWatchdog(): Watchdog {
  let shell: ChildProcess | undefined

  function tell(line: string): void {
    shell?.stdin?.write(`${line}\n`)
  }

  return {
    arm() {
      if (shell) return
      // Its own session: a Ctrl-C in the terminal must not reach it before it has done its work.
      shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
      shell.on('error', () => {})
      shell.stdin?.on('error', () => {})
      shell.unref()
    },
    guard(groupId) {
      tell(`guard ${groupId}`)
      return () => tell(`release ${groupId}`)
    },
    async close() {
      if (!shell || shell.exitCode !== null || shell.pid === undefined) return
      const exited = once(shell, 'exit')
      shell.stdin?.end()
      shell.ref()
      await exited
    },
  }
}
