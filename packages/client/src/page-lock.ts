/**
 * Takes a lock that the pages of a browser share. A page that closes, crashes or is discarded loses it by itself.
 * @returns what gives it back; nothing when another page has it, and `ifAvailable` was asked for. Rejects when `signal` is
 * aborted, and in a page without an origin of its own (a sandboxed frame), which may not share locks.
 */
export function takePageLock(
  locks: Pick<LockManager, 'request'>,
  name: string,
  options: LockOptions,
): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const granted = (lock: Lock | null) => (lock ? new Promise<void>(end => resolve(end)) : resolve(undefined))
    locks.request(name, options, granted).catch(reject)
  })
}
