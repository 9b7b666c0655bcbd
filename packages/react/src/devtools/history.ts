import { initialState, type SessionEvent, type SessionStatus, toSnapshot, transition } from '@warm-agent/client'

/** A stretch of time in which the session's status stayed the same. */
export interface Phase {
  status: SessionStatus
  fromMs: number
  toMs: number
}

/** What a session's events come to. */
export interface SessionHistory {
  phases: Phase[]
  /** How long a microVM was held, in milliseconds. */
  heldMs: number
  beats: number
  /** How often a message waited for a warm-up in flight. */
  joins: number
}

const holding: SessionStatus[] = ['warming', 'warm', 'active']

/** @param nowMs Until when the last phase has lasted. */
export function toHistory(events: readonly SessionEvent[], nowMs: number): SessionHistory {
  const phases: Phase[] = []
  let state = initialState
  for (const event of events) {
    const before = state.status
    state = transition(state, event)
    const { status } = toSnapshot(state)
    const last = phases.at(-1)
    if (last) last.toMs = event.atMs
    if (!last || status !== before) phases.push({ status, fromMs: event.atMs, toMs: event.atMs })
  }
  const last = phases.at(-1)
  if (last) last.toMs = Math.max(nowMs, last.toMs)
  return {
    phases,
    heldMs: phases.reduce((sum, { status, fromMs, toMs }) => sum + (holding.includes(status) ? toMs - fromMs : 0), 0),
    beats: events.filter(({ type }) => type === 'beat-succeeded').length,
    joins: events.filter(event => event.type === 'message-answered' && event.outcome === 'joined').length,
  }
}
