/** @returns whether the group has a member that could be signalled. */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-groupId, signal)
  } catch {
    // Nobody of it is left (ESRCH), or nobody that is ours to signal (EPERM): nothing to wait for.
    return false
  }
}
