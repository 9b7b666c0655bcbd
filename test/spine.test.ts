import { afterAll, beforeAll, expect, test } from 'vitest'
import { stopAll } from './support/command.ts'
import { startFleet } from './support/fleet.ts'
import { createPage } from './support/page.ts'

let fleet: Awaited<ReturnType<typeof startFleet>>
let first: string
let second: string

beforeAll(async () => {
  fleet = await startFleet(2)
  const [one = '', two = ''] = fleet.proxies
  first = one
  second = two
})
afterAll(stopAll)

const books = () => fleet.books()

test('from page open to first message: joined, then warm, on one VM that close stops', async () => {
  const before = (await books()).vms.length
  const page = createPage(first)
  const opening = await page.open()
  expect(opening.lease.status).toBe('warming')
  const early = await page.send({ prompt: 'hi' })
  expect(early.outcome).toBe('joined')
  expect(await opening.end).toMatchObject({ event: 'warm', data: { evidence: 'observed' } })
  const later = await page.send({ prompt: 'again' })
  expect(later.outcome).toBe('warm')
  expect(later.pids).toEqual(early.pids)
  expect(new Set(later.pids).size).toBe(1)
  await page.close()
  const vms = (await books()).vms.slice(before)
  expect(vms).toMatchObject([{ state: 'ended', endReason: 'stopped', invokes: 3 }])
  for (const seen of page.seen) expect(seen).not.toContain(vms[0]?.sessionId)
})

test('a second instance joins a warm-up that the first one started', async () => {
  const before = (await books()).vms.length
  const page = createPage(first)
  await page.open()
  const answer = await page.send({ prompt: 'hi' }, second)
  expect(answer.outcome).toBe('joined')
  await page.close(second)
  const vms = (await books()).vms.slice(before)
  expect(vms).toHaveLength(1)
  expect(vms[0]?.state).toBe('ended')
})

test.each([
  ['answers 500', { status: 500 }],
  ['dies', { crash: true }],
])('an agent that %s is the platform’s error, and the proxy lives on', async (_, message) => {
  const page = createPage(first)
  await (await page.open()).end
  const failed = await page.start(message)
  expect(failed.status).toBe(502)
  expect(await failed.json()).toMatchObject({ error: { code: 'agent_failed' } })
  expect((await page.send({ prompt: 'still there?' })).pids).toHaveLength(5)
  await page.close()
})

test('nothing is left, and nothing was started again in silence', async () => {
  const { totals, vms } = await books()
  expect(totals.live).toBe(0)
  // The one VM whose agent died on purpose was started again, by a message.
  expect(totals.resurrected).toBe(1)
  expect(vms.filter(({ endReason }) => endReason !== 'stopped')).toHaveLength(1)
})
