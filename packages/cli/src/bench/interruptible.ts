import { onEnd } from '../on-end.ts'

/**
 * What ends the command aborts the signal, so that what was measured is written and what was started is stopped; when it is told
 * again, the process ends at once.
 *
 * @param then what comes after the sessions were stopped
 */
export function interruptible(then = 'the report of what was measured'): { signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const release = onEnd(
    () => {
      process.stderr.write(`\nStopping the sessions, then ${then}. Once more ends at once.\n`)
      controller.abort(new Error('It was interrupted.'))
    },
    () => process.exit(130),
  )
  return { signal: controller.signal, release }
}
