import { constants } from 'node:os'
import { PassThrough } from 'node:stream'
import type { CommandRun } from './engine.ts'
import { signalGroup } from './process-group.ts'
import { spawnGuarded } from './spawn-guarded.ts'
import type { Watchdog } from './watchdog.ts'

/** Runs a shell command in a process group of its own, with the agent's environment. It never outlives the emulator. */
export function startCommandProcess(command: string, env: NodeJS.ProcessEnv, watchdog: Watchdog): CommandRun {
  const { child, release } = spawnGuarded(command, env, watchdog)
  const { pid } = child
  const output = new PassThrough({ objectMode: true, highWaterMark: 16 })

  const forward = (name: 'stdout' | 'stderr') => {
    const stream = child[name].setEncoding('utf8')
    stream.on('data', (text: string) => {
      // A client that reads slowly slows the command down; nothing piles up here.
      if (output.write({ [name]: text })) return
      stream.pause()
      output.once('drain', () => stream.resume())
    })
  }

  const exited = new Promise<number>(resolve => {
    const settle = (status: number) => {
      release()
      output.end()
      resolve(status)
    }
    child.once('error', () => settle(-1))
    child.once('close', (code, signal) => settle(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
  if (pid !== undefined) {
    forward('stdout')
    forward('stderr')
  }

  return {
    output,
    exited,
    async end() {
      // To the whole group, so that the pipes close: `close` waits for them.
      if (pid !== undefined) signalGroup(pid, 'SIGKILL')
      output.destroy()
      await exited
    },
  }
}
