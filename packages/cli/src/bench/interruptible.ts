/**
 * The first SIGINT or SIGTERM aborts the signal, so that what was measured is written and what was started is stopped; the
 * second ends the process at once.
 *
 * @param then what comes after the sessions were stopped
 */
export function interruptible(then = 'the report of what was measured'): { signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130)
    process.stderr.write(`\nStopping the sessions, then ${then}. Once more ends at once.\n`)
    controller.abort(new Error('It was interrupted.'))
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    },
  }
}
