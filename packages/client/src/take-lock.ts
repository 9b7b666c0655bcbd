/**
 * @returns what gives the lock back; nothing when another page has it, and `ifAvailable` was asked for, or when it cannot be
 * told. A page without an origin of its own (a sandboxed frame) may not share locks, and has them all, as one without Web
 * Locks has.
 */
export function takeLock(
  locks: Pick<LockManager, 'request'> | undefined,
  name: string,
  options: LockOptions = { ifAvailable: true },
): Promise<(() => void) | undefined> {
  return new Promise(resolve => {
    const takeAll = () => resolve(() => {})
    // The taker is given what ends a promise: the lock is held until then.
    const granted = (lock: Lock | null) => (lock ? new Promise<void>(resolve) : resolve(undefined))
    const failed = ({ name }: DOMException) => (name === 'SecurityError' ? takeAll() : resolve(undefined))
    locks ? locks.request(name, options, granted).catch(failed) : takeAll()
  })
}
