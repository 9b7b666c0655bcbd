import { expect, test } from 'vitest'
import { createSpending } from '../../src/bench/create-spending.ts'

/** A second of a session costs a dollar, and a boot another one. */
const footprint = {
  platform: 'v2',
  gb: 1,
  prices: { dollarsPerGbHour: 3_600, dollarsPerVcpuHour: 3_600 / 4.75 },
} as const
const none = { sessions: 0, heldMs: 0, running: 0 }

/** How many visits begin, when each sees these books. */
function begun(spending: ReturnType<typeof createSpending>, books = none): number {
  let count = 0
  while (count < 100 && spending.mayBegin(books)) count += 1
  return count
}

test.each([
  ['the boots of visits that have begun, and are in no books yet', none, 9],
  ['what was held so far', { ...none, heldMs: 4_000 }, 5],
  ['what runs, for as long as it will be held', { ...none, running: 4 }, 5],
  ['sessions that are in the books already', { ...none, sessions: 8 }, 9],
  ['sessions that nobody reckoned with', { ...none, sessions: 9 }, 0],
])('before a visit begins, %s count: %j', (_, books, visits) => {
  expect(begun(createSpending(footprint, 10.5, 1_000), books)).toBe(visits)
})

test('earlier scenarios count, and what one has begun is not counted for the next as well', () => {
  const spending = createSpending(footprint, 10.5, 1_000)
  for (let visit = 0; visit < 3; visit++) spending.mayBegin(none)
  spending.add({ sessions: 3, heldMs: 2_000 })
  expect(spending.totals()).toEqual({ sessions: 3, heldMs: 2_000, dollars: 5 })
  expect(begun(spending)).toBe(4)
})

test('once a visit was refused, none begins any more, though those that run have cost less than was feared', () => {
  const spending = createSpending(footprint, 10.5, 1_000)
  expect(spending.isOver()).toBe(false)
  expect(spending.mayBegin({ ...none, running: 20 })).toBe(false)
  expect(spending.mayBegin(none)).toBe(false)
  expect(spending.isOver()).toBe(true)
})
