/**
 * Listens for what ends a command: SIGINT, SIGTERM, and SIGHUP, with which a terminal closes.
 *
 * @param first what to do then: what was started outside of this process would stay when it just ended.
 * @param again what to do when somebody insists. Not at SIGHUP: of a terminal that closes both the kernel and the shell tell.
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
