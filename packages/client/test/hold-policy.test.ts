import { type Circumstances, type Hold, planHold } from '@warm-agent/client'
import { expect, test } from 'vitest'
import { hold, present } from './a-hold.ts'

type Action = ReturnType<typeof planHold>['action']

const sent = { isSent: true, isAnnounced: true }
const longLived = { lease: { beatMs: 500, ttlMs: 1000, holdMs: 700_000, atMs: 100 }, touchedAtMs: 400_100 }

/** Asked when, what it does, and when; what is different about the hold, and what else there is. */
test.each<[string, number, Action, number, Partial<Hold>?, Partial<Circumstances>?, number?]>([
  ['beats when its time comes', 100, 'beat', 600],
  ['beats up to a tenth earlier', 100, 'beat', 550, {}, {}, 1],
  ['beats at once when overdue', 900, 'beat', 900],
  ['beats again when the retry is due', 620, 'beat', 640, { retryAtMs: 640 }, {}, 1],
  ['only waits for the end when it may not beat', 100, 'idle', 1100, {}, { canBeat: false }],
  ['never beats at the deadline', 1100, 'idle', 1100],
  ['never beats past the deadline', 9000, 'idle', 1100],
  ['never retries past the deadline', 700, 'idle', 1100, { retryAtMs: 1100 }],
  ['ends a hold that is over', 5000, 'hold', 5100, { touchedAtMs: 4900 }],
  ['goes on for a user who is away', 100, 'beat', 600, {}, { awayTooLongAtMs: 700 }],
  ['gives up the spare of a user who is away for too long', 100, 'hold', 500, {}, { awayTooLongAtMs: 500 }],
  ['pauses the conversation of such a user', 100, 'pause', 500, sent, { awayTooLongAtMs: 500 }],
  ['lets a paused conversation idle out', 600, 'idle', 1100, sent, { isPaused: true, awayTooLongAtMs: 500 }],
  ['announces the end of a conversation', 400_100, 'announce', 400_100, { ...longLived, isSent: true }],
  ['announces it once', 400_100, 'beat', 400_600, { ...longLived, ...sent }],
  ['announces nothing of a spare', 400_100, 'beat', 400_600, longLived],
])('the hold policy %s', (_, nowMs, action, atMs, change, circumstances, jitter = 0) => {
  expect(planHold({ ...hold, ...change }, { ...present, ...circumstances }, nowMs, jitter)).toEqual({ action, atMs })
})

test('a lease without durations ends instead of beating without pause', () => {
  const broken = { lease: { atMs: 0 } as Hold['lease'], touchedAtMs: 0 }
  expect(planHold(broken, present, 10, 0).action).toBe('idle')
  const hasty = { ...hold, lease: { ...hold.lease, beatMs: 0 } }
  expect(planHold(hasty, present, 100, 0)).toEqual({ atMs: 200, action: 'beat' })
})
