import { onEnd } from '../on-end.ts'

/**
 * Makes Ctrl-C abort a signal, so that the command can stop what it started and report what it has. A second Ctrl-C ends the
 * process at once.
 *
 * @param then What comes after the sessions were stopped, for the user.
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
