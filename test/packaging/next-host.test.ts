// Slower than a test file should be, half a minute: Next.js is installed, and builds.
import { afterAll, beforeAll } from 'vitest'
import { describeHost } from '../../packages/proxy/test/host-cases.ts'
import { startNextHost } from './next-host.ts'

let next: Awaited<ReturnType<typeof startNextHost>>

beforeAll(async () => {
  next = await startNextHost()
}, 300_000)
afterAll(() => next?.close())

describeHost({
  name: 'Next.js, built and started',
  hearsLeaving: true,
  parsesJson: false,
  start: (...words) => next.start(...words),
})
