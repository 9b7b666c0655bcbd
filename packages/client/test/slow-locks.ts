import { type FakeBrowser, settle } from '@warm-agent/testing'

/** From now on the browser takes its time to tell whose a lock is. */
export function slowLocks({ locks }: FakeBrowser, time: () => Promise<void> = settle) {
  const request = locks.request as (...given: unknown[]) => Promise<unknown>
  Object.assign(locks, { request: async (...given: unknown[]) => time().then(() => request(...given)) })
}
