/**
 * Listens for the signals that end a command: SIGINT, SIGTERM, and SIGHUP, which a terminal sends when it closes.
 *
 * @param first At the first signal: stops what was started outside of this process, which would else outlive it.
 * @param again At every further SIGINT or SIGTERM. A further SIGHUP does not count: when a terminal closes, the kernel and
 *   the shell both send one.
 * @returns stops listening.
 */
export function onEnd(first: () => void, again: () => void): () => void {
  let isFirst = true
  const end = () => {
    if (!isFirst) return again()
    isFirst = false
    first()
  }
  const hangUp = () => isFirst && end()
  process.on('SIGINT', end).on('SIGTERM', end).on('SIGHUP', hangUp)
  return () => void process.off('SIGINT', end).off('SIGTERM', end).off('SIGHUP', hangUp)
}
