/** A timer that on Node does not keep the process alive. */
export function backgroundTimeout(call: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(call, ms)
  ;(timer as { unref?(): void }).unref?.()
  return timer
}
