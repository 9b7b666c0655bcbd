/** A timer that does not keep a Node process alive. */
export function backgroundTimeout(call: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(call, ms)
  ;(timer as { unref?(): void }).unref?.()
  return timer
}
