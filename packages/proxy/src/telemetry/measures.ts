import type { ProxyEvent } from '../proxy-event.ts'

const about = ['agent', 'endpoint']

/** What is counted or timed, and by what. The unit is part of a time's name, as Prometheus wants it. */
export const measures = {
  warm_ups_started_total: { kind: 'count', labels: about, help: 'Warm-ups begun.' },
  warm_ups_total: {
    kind: 'count',
    labels: [...about, 'result'],
    help: 'Warm-ups ended: warm, or the code of the error.',
  },
  warm_ups_refused_total: {
    kind: 'count',
    labels: ['limit'],
    help: 'Warm-ups refused, by the limit that was reached.',
  },
  warm_up_seconds: { kind: 'time', labels: about, help: 'How long warm-ups took that ended well.' },
  sessions_claimed_total: { kind: 'count', labels: about, help: 'Sessions taken out of the pool.' },
  beats_total: { kind: 'count', labels: about, help: 'Beats that the agent answered.' },
  messages_total: {
    kind: 'count',
    labels: [...about, 'outcome'],
    help: 'Messages answered, or given their session for, by what they found.',
  },
  message_join_seconds: {
    kind: 'time',
    labels: [...about, 'outcome'],
    help: 'How long messages waited for their session.',
  },
  message_agent_seconds: {
    kind: 'time',
    labels: [...about, 'outcome'],
    help: 'How long messages waited for the first byte of their answer.',
  },
  sessions_ended_total: { kind: 'count', labels: [...about, 'how'], help: 'Sessions ended, and how.' },
  requests_failed_total: {
    kind: 'count',
    labels: ['route', 'code'],
    help: 'Requests refused or failed, by route and error code.',
  },
  troubles_total: {
    kind: 'count',
    labels: [...about, 'event'],
    help: 'Failures that an operator should look at, by the event that told of them.',
  },
} as const

type MeasureName = keyof typeof measures

/** One thing to count (1) or to time (seconds). */
export interface Measured {
  name: MeasureName
  value: number
  /** Of few values each: an agent, an endpoint, a code. Never a caller, a session, or anything that a page sent. */
  labels: Readonly<Record<string, string>>
}

/** What an event says in numbers, the same for every system of metrics. */
export function measured(event: ProxyEvent): Measured[] {
  const whose: Record<string, string> = 'sessionTag' in event ? { agent: event.agent, endpoint: event.qualifier } : {}
  const one = (name: MeasureName, labels: Record<string, string> = {}): Measured => ({
    name,
    value: 1,
    labels: { ...whose, ...labels },
  })
  const time = (name: MeasureName, ms: number, labels: Record<string, string> = {}): Measured => ({
    ...one(name, labels),
    value: ms / 1000,
  })
  switch (event.type) {
    case 'warm-started':
      return [one('warm_ups_started_total')]
    case 'warm-succeeded':
      return [one('warm_ups_total', { result: 'warm' }), time('warm_up_seconds', event.tookMs)]
    case 'warm-failed':
      return [one('warm_ups_total', { result: event.code })]
    case 'warm-refused':
      return [one('warm_ups_refused_total', { limit: event.limit })]
    case 'session-claimed':
      return [one('sessions_claimed_total')]
    case 'beat-succeeded':
      return [one('beats_total')]
    case 'message-answered': {
      const { outcome, joinMs, agentMs } = event
      return [
        one('messages_total', { outcome }),
        time('message_join_seconds', joinMs, { outcome }),
        time('message_agent_seconds', agentMs, { outcome }),
      ]
    }
    case 'session-lent': {
      const { outcome, joinMs } = event
      return [one('messages_total', { outcome }), time('message_join_seconds', joinMs, { outcome })]
    }
    case 'session-expired':
      return [one('sessions_ended_total', { how: `expired-${event.reason}` })]
    case 'session-closed':
      return [one('sessions_ended_total', { how: 'closed' })]
    case 'session-reaped':
      return [one('sessions_ended_total', { how: 'reaped' })]
    case 'request-failed':
      return [one('requests_failed_total', { route: event.route, code: event.code })]
    case 'stop-failed':
    case 'pool-failed':
    case 'ledger-failed':
    case 'ledger-missing':
    case 'limits-failed':
      return [one('troubles_total', { event: event.type })]
    case 'session-parked':
      return []
    default:
      return event satisfies never
  }
}
