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
import { durations, hold, present } from './a-hold.ts'

const error = new WarmAgentError('agent_failed', 'The agent failed.')
const common = { isPaused: false, outcome: null, failures: 0 }

const states: Record<string, SessionState> = {
  idle: initialState,
  opening: { ...common, status: 'warming' },
  warming: { ...common, status: 'warming', hold },
  warm: { ...common, status: 'warm', hold },
  active: { ...common, status: 'active', hold: { ...hold, isSent: true }, outcome: 'warm' },
  expired: { ...common, status: 'expired', hold },
  error: { ...common, status: 'error', error, failures: 1, atMs: 200 },
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
  'beat-succeeded': { type: 'beat-succeeded', status: 'warm', ...durations, atMs },
  'beat-failed': { type: 'beat-failed', error, atMs },
  'session-expired': { type: 'session-expired', reason: 'idle', atMs },
  'message-sent': { type: 'message-sent', isHandedOut: false, atMs },
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

test('a pause changes nothing but the heartbeat, and being hidden or shown nothing at all', () => {
  for (const state of Object.values(states)) {
    const paused = transition(state, { type: 'heartbeat-paused', atMs })
    expect(paused).toEqual({ ...state, isPaused: true })
    expect(transition(paused, { type: 'heartbeat-paused', atMs })).toBe(paused)
    expect(transition(paused, { type: 'heartbeat-resumed', atMs })).toEqual(state)
    for (const type of ['page-hidden', 'page-shown'] as const) expect(transition(state, { type, atMs })).toBe(state)
  }
  expect(toSnapshot(states.warm as SessionState).heartbeat).toBe('running')
  expect(toSnapshot({ ...(states.warm as SessionState), isPaused: true }).heartbeat).toBe('paused')
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
  const beaten = transition(active, { type: 'beat-succeeded', status: 'warm', ...durations, atMs: 800 })
  expect(beaten).toMatchObject({ status: 'active', hold: { lease: { holdMs: 5000, atMs: 800 }, touchedAtMs: 800 } })
})

test.each([
  ['waits as long as it was told, whatever is answered, while the end is not known', 'warm', Infinity, 900, Infinity],
  ['is due after its time again, when an answer has touched the session', 'warm', 5000, undefined, 5000],
  ['is due after its time again, when another microVM has answered', 'rewarmed', Infinity, undefined, Infinity],
  ['knows no end any more, when another microVM has answered', 'rewarmed', 5000, undefined, Infinity],
] as const)('a beat that was refused for a while %s', (_, outcome, holdMs, retryAtMs, nextHoldMs) => {
  const refused = { ...hold, lease: { ...hold.lease, holdMs }, isSent: true, retryAtMs: 900 }
  const answered: SessionEvent = { type: 'message-answered', outcome, status: 200, atMs }
  const next = transition({ ...common, status: 'active', hold: refused }, answered) as { hold: Hold }
  expect(next.hold.retryAtMs).toBe(retryAtMs)
  expect(next.hold.lease.holdMs).toBe(nextHoldMs)
})

test('a cold answer brings no durations, so the shortest that the platform knows are taken', () => {
  const cold = transition(initialState, { type: 'message-answered', outcome: 'cold', status: 200, atMs: 0 })
  expect(planHold((cold as { hold: Hold }).hold, present, 0, 0)).toEqual({ atMs: 36_000, action: 'beat' })
  expect(planHold((cold as { hold: Hold }).hold, { ...present, canBeat: false }, 0, 0)).toEqual({
    atMs: 60_000,
    action: 'idle',
  })
})

test.each([
  ['soon after the touch', 100, undefined, 1100],
  ['later with a longer silence', 32_100, undefined, 34_100],
  ['as late as the server asks', 100, 7000, 7100],
])('a beat that failed is tried again %s', (_, failedAtMs, retryAfterMs, retryAtMs) => {
  const failure = new WarmAgentError('rate_limited', 'Wait.', { retryAfterMs })
  const next = transition(states.warm as SessionState, { type: 'beat-failed', error: failure, atMs: failedAtMs })
  expect(next).toMatchObject({ status: 'warm', hold: { retryAtMs } })
  const beaten = transition(next, { type: 'beat-succeeded', status: 'warm', ...durations, atMs: retryAtMs })
  expect((beaten as { hold: Hold }).hold.retryAtMs).toBeUndefined()
})

test('an adopted lease is warming until a beat has found it alive, and is what it was then', () => {
  const adopted = { type: 'lease-adopted', ...durations, isSent: true, touchedAtMs: 7, atMs } as const
  const state = transition(initialState, adopted)
  expect(state).toMatchObject({ status: 'warming', hold: { touchedAtMs: 7, isSent: true } })
  const alive: SessionEvent = { type: 'beat-succeeded', status: 'warm', ...durations, atMs: 200 }
  expect(transition(state, alive)).toMatchObject({ status: 'active', hold: { touchedAtMs: 200 } })
  const spare = transition(initialState, { ...adopted, isSent: false })
  expect(transition(spare, alive).status).toBe('warm')
  for (const other of Object.values(states)) {
    const next = transition(other, adopted)
    // A warm-up in flight has no lease yet. What is held goes on, by what the page that was left last knows of it.
    if (other === states.opening) expect(next).toBe(other)
    else {
      const status = /^(warm|active)/.test(other.status) ? other.status : 'warming'
      expect(next).toMatchObject({ status, hold: { touchedAtMs: 7, isSent: true } })
    }
  }
})

const anyDuration = fc.integer({ min: 1, max: 100_000 })
const anyEvent = fc
  .record({
    name: fc.constantFrom(...Object.keys(events), 'heartbeat-paused', 'heartbeat-resumed'),
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
          const circumstances = { ...present, isPaused: state.isPaused }
          const { action, atMs } = planHold(state.hold, circumstances, nowMs, jitter)
          const endMs = Math.min(touchedAtMs + lease.ttlMs, lease.atMs + lease.holdMs)
          if (action === 'beat') {
            expect(Math.max(atMs, nowMs)).toBeLessThan(endMs)
            expect(state.isPaused).toBe(false)
          } else if (action !== 'announce') expect(atMs).toBe(endMs)
        } else expect(state.status === 'error').toBe('error' in state)
      }
    }),
    { numRuns: 500 },
  )
})
