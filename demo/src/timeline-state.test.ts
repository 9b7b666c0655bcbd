import { expect, test } from 'vitest'
import { isMoving, type Mark, type Span, type TimelineEvent, toMarks, toSpans } from './timeline-state.ts'

const events = (...list: [TimelineEvent['type'], number][]): TimelineEvent[] =>
  list.map(([type, atMs]) => ({ lane: 'warm', type, atMs }))

test.each<[string, TimelineEvent[], Span[]]>([
  ['nothing', events(['page-opened', 0]), []],
  ['a warm-up that lasts', events(['warm-started', 10]), [{ kind: 'warming', startMs: 10 }]],
  [
    'a warm-up, then a running VM',
    events(['warm-started', 10], ['lease-granted', 40], ['warm-succeeded', 3000]),
    [
      { kind: 'running', startMs: 3000 },
      { kind: 'warming', startMs: 10, endMs: 3000 },
    ],
  ],
  [
    'a cold message',
    events(['asked', 100], ['message-answered', 3000], ['first-token', 3010], ['answer-ended', 5000]),
    [
      { kind: 'running', startMs: 3010 },
      { kind: 'waiting', startMs: 100, endMs: 3010 },
      { kind: 'answering', startMs: 3010, endMs: 5000 },
    ],
  ],
  [
    'a message that failed',
    events(['asked', 100], ['message-failed', 200]),
    [{ kind: 'waiting', startMs: 100, endMs: 200 }],
  ],
  [
    'a session that ended',
    events(['warm-started', 0], ['warm-succeeded', 10], ['session-expired', 900]),
    [
      { kind: 'running', startMs: 10, endMs: 900 },
      { kind: 'warming', startMs: 0, endMs: 10 },
    ],
  ],
])('spans of %s', (_, list, spans) => {
  expect(toSpans(list)).toEqual(spans)
})

test('marks are leases, beats and ends', () => {
  const marks: Mark[] = [
    { kind: 'lease', atMs: 1 },
    { kind: 'beat', atMs: 2 },
    { kind: 'ended', atMs: 3 },
  ]
  expect(
    toMarks(events(['lease-granted', 1], ['beat-succeeded', 2], ['page-hidden', 2], ['session-closed', 3])),
  ).toEqual(marks)
})

test('the picture moves while something lasts, and a VM that merely runs does not count', () => {
  expect(isMoving(events(['warm-started', 0]))).toBe(true)
  expect(isMoving(events(['warm-started', 0], ['warm-succeeded', 10]))).toBe(false)
  expect(isMoving(events(['asked', 0], ['first-token', 10]))).toBe(true)
})
