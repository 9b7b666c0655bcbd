import {
  type Hold,
  initialState,
  planHold,
  type SessionEvent,
  type SessionState,
  toSnapshot,
  transition,
} from '@warm-agent/client'
import { WarmAgentError } from '@warm-agent/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const durations = { beatMs: 500, ttlMs: 1000, holdMs: 5000 }
const hold: Hold = { lease: { ...durations, atMs: 100 }, touchedAtMs: 100 }
const error = new WarmAgentError('agent_failed', 'The agent failed.')
const common = { isVisible: true, outcome: null }

const states: Record<string, SessionState> = {
  idle: initialState,
  opening: { ...common, status: 'warming' },
  warming: { ...common, status: 'warming', hold },
  warm: { ...common, status: 'warm', hold },
  active: { ...common, status: 'active', hold, outcome: 'warm' },
  expired: { ...common, status: 'expired', hold },
  error: { ...common, status: 'error', error },
}

const atMs = 700
const events: Record<string, SessionEvent> = {
  'warm-started': { type: 'warm-started', atMs },
  'lease-granted': { type: 'lease-granted', ...durations, atMs },
  'warm-succeeded': {
    type: 'warm-succeeded',
    source: 'started',
    tookMs: 1,
    evidence: 'observed',
    ...durations,
    atMs,
  },
  'warm-failed': { type: 'warm-failed', error, atMs },
  'beat-succeeded': { type: 'beat-succeeded', ...durations, atMs },
  'beat-failed': { type: 'beat-failed', error, atMs },
  'session-expired': { type: 'session-expired', reason: 'idle', atMs },
  'message-sent': { type: 'message-sent', atMs },
  'message-answered': { type: 'message-answered', outcome: 'warm', status: 200, atMs },
  'message-failed': { type: 'message-failed', error: 'offline', atMs },
  'session-closed': { type: 'session-closed', atMs },
}

/** Where each event leads from each state; what is absent changes nothing. */
const leads: Record<string, Partial<Record<string, SessionState['status']>>> = {
  idle: { 'warm-started': 'warming', 'message-answered': 'active' },
  opening: {
    'lease-granted': 'warming',
    'warm-succeeded': 'warm',
    'warm-failed': 'error',
    'message-answered': 'active',
    'session-closed': 'idle',
  },
  warming: {
    'lease-granted': 'warming',
    'warm-succeeded': 'warm',
    'warm-failed': 'error',
    'beat-succeeded': 'warm',
    'beat-failed': 'warming',
    'session-expired': 'expired',
    'message-answered': 'active',
    'session-closed': 'idle',
  },
  warm: {
    'beat-succeeded': 'warm',
    'beat-failed': 'warm',
    'session-expired': 'expired',
    'message-answered': 'active',
    'session-closed': 'idle',
  },
  active: {
    'beat-succeeded': 'active',
    'beat-failed': 'active',
    'session-expired': 'expired',
    'message-answered': 'active',
    'session-closed': 'idle',
  },
  expired: { 'warm-started': 'warming', 'message-answered': 'active', 'session-closed': 'idle' },
  error: { 'warm-started': 'warming', 'message-answered': 'active', 'session-closed': 'idle' },
}

const cases = Object.keys(states).flatMap(from =>
  Object.keys(events).map(event => [from, event, leads[from]?.[event] ?? 'nothing new'] as const),
)

test.each(cases)('%s, then %s: %s', (from, name, to) => {
  const state = states[from] as SessionState
  const next = transition(state, events[name] as SessionEvent)
  if (to === 'nothing new') expect(next).toBe(state)
  else {
    expect(next).not.toBe(state)
    expect(next.status).toBe(to)
  }
})

test('being hidden and shown changes nothing but the heartbeat', () => {
  for (const state of Object.values(states)) {
    const hidden = transition(state, { type: 'page-hidden', atMs })
    expect(hidden).toEqual({ ...state, isVisible: false })
    expect(transition(hidden, { type: 'page-hidden', atMs })).toBe(hidden)
    expect(transition(hidden, { type: 'page-shown', atMs })).toEqual(state)
  }
  expect(toSnapshot(states.warm as SessionState).heartbeat).toBe('running')
  expect(toSnapshot({ ...(states.warm as SessionState), isVisible: false }).heartbeat).toBe('paused')
  expect(toSnapshot(states.warming as SessionState).heartbeat).toBe('running')
  expect(toSnapshot(states.opening as SessionState).heartbeat).toBe('off')
  expect(toSnapshot(states.expired as SessionState).heartbeat).toBe('off')
})

test('an answer without an outcome comes from somebody else and changes nothing', () => {
  for (const state of Object.values(states)) {
    expect(transition(state, { type: 'message-answered', outcome: null, status: 200, atMs })).toBe(state)
  }
})

test('an answer lifts the hold of an unsent session, and the next beat tells that of the conversation', () => {
  const answered: SessionEvent = { type: 'message-answered', outcome: 'warm', status: 200, atMs }
  const active = transition(states.warm as SessionState, answered) as SessionState & { hold: Hold }
  expect(active.hold).toMatchObject({ lease: { ...durations, holdMs: Number.POSITIVE_INFINITY }, touchedAtMs: atMs })
  const beaten = transition(active, { type: 'beat-succeeded', ...durations, atMs: 800 })
  expect(beaten).toMatchObject({ status: 'active', hold: { lease: { holdMs: 5000, atMs: 800 }, touchedAtMs: 800 } })
})

test('a cold answer brings no durations, so the shortest that the platform knows are taken', () => {
  const cold = transition(initialState, { type: 'message-answered', outcome: 'cold', status: 200, atMs: 0 })
  expect(planHold((cold as { hold: Hold }).hold, 0, true, 0)).toEqual({ atMs: 36_000 })
  expect(planHold((cold as { hold: Hold }).hold, 0, false, 0)).toEqual({ atMs: 60_000, reason: 'idle' })
})

test.each([
  ['soon after the touch', 100, undefined, 1100],
  ['later with a longer silence', 32_100, undefined, 34_100],
  ['as late as the server asks', 100, 7000, 7100],
])('a beat that failed is tried again %s', (_, failedAtMs, retryAfterMs, retryAtMs) => {
  const failure = new WarmAgentError('rate_limited', 'Wait.', { retryAfterMs })
  const next = transition(states.warm as SessionState, { type: 'beat-failed', error: failure, atMs: failedAtMs })
  expect(next).toMatchObject({ status: 'warm', hold: { retryAtMs } })
  const beaten = transition(next, { type: 'beat-succeeded', ...durations, atMs: retryAtMs })
  expect((beaten as { hold: Hold }).hold.retryAtMs).toBeUndefined()
})

test.each<[string, Partial<Hold>, Parameters<typeof planHold>[1], boolean, number, ReturnType<typeof planHold>]>([
  ['beats when its time comes', {}, 100, true, 0, { atMs: 600 }],
  ['beats up to a tenth earlier', {}, 100, true, 1, { atMs: 550 }],
  ['beats at once when overdue', {}, 900, true, 0, { atMs: 600 }],
  ['beats again when the retry is due', { retryAtMs: 640 }, 620, true, 1, { atMs: 640 }],
  ['only waits for the end when it may not beat', {}, 100, false, 0, { atMs: 1100, reason: 'idle' }],
  ['never beats at the deadline', {}, 1100, true, 0, { atMs: 1100, reason: 'idle' }],
  ['never beats past the deadline', {}, 9000, true, 0, { atMs: 1100, reason: 'idle' }],
  ['never retries past the deadline', { retryAtMs: 1100 }, 700, true, 0, { atMs: 1100, reason: 'idle' }],
  ['ends a hold that is over', { touchedAtMs: 4900 }, 5000, true, 0, { atMs: 5100, reason: 'hold' }],
])('the hold policy %s', (_, change, nowMs, canBeat, jitter, step) => {
  expect(planHold({ ...hold, ...change }, nowMs, canBeat, jitter)).toEqual(step)
})

test('a lease without durations ends instead of beating without pause', () => {
  const broken = { lease: { atMs: 0 } as Hold['lease'], touchedAtMs: 0 }
  expect(planHold(broken, 10, true, 0).reason).toBe('idle')
  expect(planHold({ ...hold, lease: { ...hold.lease, beatMs: 0 } }, 100, true, 0)).toEqual({ atMs: 200 })
})

const anyDuration = fc.integer({ min: 1, max: 100_000 })
const anyEvent = fc
  .record({
    name: fc.constantFrom(...Object.keys(events), 'page-hidden', 'page-shown'),
    beatMs: anyDuration,
    ttlMs: anyDuration,
    holdMs: anyDuration,
    outcome: fc.constantFrom('warm', 'joined', 'rewarmed', 'cold', null),
    laterMs: fc.integer({ min: 0, max: 50_000 }),
  })
  .map(({ name, ...rest }) => ({ ...(events[name] ?? { type: name }), ...rest }))

test('in any order of events, states hold what their phase promises and no beat is planned past the deadline', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (story, jitter) => {
      let state: SessionState = initialState
      let nowMs = 0
      for (const { laterMs, ...event } of story) {
        nowMs += laterMs
        state = transition(state, { ...event, atMs: nowMs } as SessionEvent)
        if (state.status === 'warm' || state.status === 'active') {
          const { lease, touchedAtMs } = state.hold
          const step = planHold(state.hold, nowMs, state.isVisible, jitter)
          const endMs = Math.min(touchedAtMs + lease.ttlMs, lease.atMs + lease.holdMs)
          if (step.reason) expect(step.atMs).toBe(endMs)
          else expect(Math.max(step.atMs, nowMs)).toBeLessThan(endMs)
        } else expect(state.status === 'error').toBe('error' in state)
      }
    }),
    { numRuns: 500 },
  )
})
