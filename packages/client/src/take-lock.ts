/**
 * @param signal Until when another page that has it is waited for. None is unless it is given.
 * @returns what gives the lock back; nothing when another page has it, or when it cannot be told. A page without an origin
 * of its own (a sandboxed frame) may not share locks, and has them all, as one without Web Locks has.
 */
export function takeLock(
  locks: Pick<LockManager, 'request'> | undefined,
  name: string,
  signal?: AbortSignal,
): Promise<(() => void) | undefined> {
  return new Promise(resolve => {
    const takeAll = () => resolve(() => {})
    // The taker is given what ends a promise: the lock is held until then.
    const granted = (lock: Lock | null) => (lock ? new Promise<void>(resolve) : resolve(undefined))
    const failed = ({ name }: DOMException) => (name === 'SecurityError' ? takeAll() : resolve(undefined))
    locks ? locks.request(name, signal ? { signal } : { ifAvailable: true }, granted).catch(failed) : takeAll()
  })
}
