/** Resolves at that time of this process's clock, or when the run is interrupted. */
export function waitUntil(atMs: number, interrupted: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (interrupted.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      interrupted.removeEventListener('abort', done)
      resolve()
    }
    // Longer than a timer can wait is for ever.
    const timer = Number.isFinite(atMs) ? setTimeout(done, Math.max(0, atMs - Date.now())) : undefined
    interrupted.addEventListener('abort', done)
  })
}
