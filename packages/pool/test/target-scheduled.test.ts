import { expect, test } from 'vitest'
import { scheduledTarget } from '../src/target/scheduled-target.ts'

const at = (text: string) => Date.parse(text)
const office = {
  timeZone: 'Europe/Berlin',
  lines: [
    { cron: '0 8 * * 1-5', size: 40 },
    { cron: '0 20 * * *', size: 5 },
  ],
}

test.each([
  ['just before eight on a Monday, what Sunday evening said', '2026-11-23T06:59:59.999Z', 5],
  ['at eight sharp', '2026-11-23T07:00:00.000Z', 40],
  ['within the day', '2026-11-23T12:34:56.789Z', 40],
  ['at eight in the evening', '2026-11-23T19:00:00.000Z', 5],
  ['on Saturday at noon, what Friday evening said', '2026-11-28T11:00:00.000Z', 5],
  ['at eight in summer, an hour earlier in UTC', '2026-07-06T06:00:00.000Z', 40],
])('a schedule follows its time zone: %s', (_, moment, size) => {
  expect(scheduledTarget(office).sizeAt(at(moment))).toBe(size)
})

test('it is the same whether it is asked often or seldom', () => {
  const often = scheduledTarget(office)
  for (let hour = 0; hour < 24 * 9; hour++) {
    // Across the end of summer time.
    const moment = at('2026-10-22T00:30:00Z') + hour * 3_600_000
    expect(often.sizeAt(moment)).toBe(scheduledTarget(office).sizeAt(moment))
  }
})

test('a clock that is set back finds the size of that time', () => {
  const target = scheduledTarget(office)
  expect(target.sizeAt(at('2026-11-23T12:00:00Z'))).toBe(40)
  expect(target.sizeAt(at('2026-11-23T06:00:00Z'))).toBe(5)
})

test('of two lines at the same moment the later in the list wins', () => {
  const lines = [
    { cron: '0 0 * * *', size: 1 },
    { cron: '0 0 * * 0', size: 2 },
  ]
  const target = scheduledTarget({ timeZone: 'UTC', lines })
  expect(target.sizeAt(at('2026-11-22T12:00:00Z'))).toBe(2)
  expect(target.sizeAt(at('2026-11-23T12:00:00Z'))).toBe(1)
})

test.each([
  [
    'no such time zone',
    { ...office, timeZone: 'Mars/Olympus' },
    /timeZone is "Mars\/Olympus": expected a name like Europe\/Berlin/,
  ],
  ['no lines', { ...office, lines: [] }, /lines is a list: expected at least one/],
  [
    'four fields',
    { ...office, lines: [{ cron: '0 8 * *', size: 1 }] },
    /lines\.0\.cron is "0 8 \* \*": it does not have/,
  ],
  [
    'an hour 25',
    { ...office, lines: [{ cron: '0 25 * * *', size: 1 }] },
    /lines\.0\.cron is "0 25 \* \* \*": CronPattern/,
  ],
  ['the 31st of February', { ...office, lines: [{ cron: '0 0 31 2 *', size: 1 }] }, /that moment never comes/],
  ['half a session', { ...office, lines: [{ cron: '0 8 * * *', size: 0.5 }] }, /lines\.0\.size is 0\.5/],
  ['a typing error', { ...office, timezone: 'UTC' }, /timezone is "UTC"/],
])('%s is refused', (_, options, message) => {
  expect(() => scheduledTarget(options)).toThrow(message)
  expect(() => scheduledTarget(options)).toThrow(/^Could not create the schedule: [^\n]+\.$/)
})
