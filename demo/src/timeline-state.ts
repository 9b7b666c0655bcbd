import type { SessionEvent } from '@warm-agent/client'
import { type Lane, lanes } from './lanes.ts'

/** What the page itself adds to the events of its sessions. */
type PageEventType = 'page-opened' | 'asked' | 'first-token' | 'answer-ended'

export interface TimelineEvent {
  lane: Lane
  type: SessionEvent['type'] | PageEventType
  /** Since the page was opened, or the conversation begun anew. Milliseconds. */
  atMs: number
}

/** A stretch of time in a lane. `endMs` is absent while it lasts. */
export interface Span {
  kind: 'running' | 'warming' | 'waiting' | 'answering'
  startMs: number
  endMs?: number
}

export interface Mark {
  kind: 'lease' | 'beat' | 'ended'
  atMs: number
}

/** Which events begin and which end a span. A begin while one is open is ignored, and so is an end without one. */
const spanRules: Record<Span['kind'], { begins: TimelineEvent['type'][]; ends: TimelineEvent['type'][] }> = {
  running: { begins: ['warm-succeeded', 'first-token'], ends: ['session-expired', 'session-closed'] },
  warming: { begins: ['warm-started'], ends: ['warm-succeeded', 'warm-failed', 'session-closed'] },
  waiting: { begins: ['asked'], ends: ['first-token', 'message-failed', 'answer-ended'] },
  answering: { begins: ['first-token'], ends: ['answer-ended', 'message-failed'] },
}

const markOf: Partial<Record<TimelineEvent['type'], Mark['kind']>> = {
  'lease-granted': 'lease',
  'beat-succeeded': 'beat',
  'session-expired': 'ended',
  'session-closed': 'ended',
}

/** @returns the stretches of a lane, in the order in which they are drawn: the ones behind first. */
export function toSpans(events: readonly TimelineEvent[]): Span[] {
  const kinds = Object.keys(spanRules) as Span['kind'][]
  return kinds.flatMap(kind => {
    const { begins, ends } = spanRules[kind]
    const spans: Span[] = []
    let open: Span | undefined
    for (const { type, atMs } of events) {
      if (open && ends.includes(type)) {
        open.endMs = atMs
        open = undefined
      } else if (!open && begins.includes(type)) {
        open = { kind, startMs: atMs }
        spans.push(open)
      }
    }
    return spans
  })
}

/** @returns the moments of a lane. */
export function toMarks(events: readonly TimelineEvent[]): Mark[] {
  return events.flatMap(({ type, atMs }) => {
    const kind = markOf[type]
    return kind ? [{ kind, atMs }] : []
  })
}

/** Whether something lasts in any lane, so that the picture has to move with the clock. */
export function isMoving(events: readonly TimelineEvent[]): boolean {
  const isOpen = ({ kind, endMs }: Span) => kind !== 'running' && endMs === undefined
  return lanes.some(lane => toSpans(events.filter(event => event.lane === lane)).some(isOpen))
}

/** What happened, in words. */
export const eventTexts: Record<TimelineEvent['type'], string> = {
  'page-opened': 'page opened',
  asked: 'Enter pressed',
  'warm-started': 'warm-up asked for',
  'lease-granted': 'lease granted, microVM booting',
  'warm-succeeded': 'microVM warm',
  'warm-failed': 'warm-up failed',
  'beat-succeeded': 'beat: held for longer',
  'beat-failed': 'beat failed',
  'session-expired': 'session expired',
  'message-sent': 'message sent',
  'message-answered': 'answer begins',
  'message-failed': 'message failed',
  'first-token': 'first token on screen',
  'answer-ended': 'answer complete',
  'lease-adopted': 'lease taken over from the page before',
  'session-ending': 'session near its end',
  'heartbeat-paused': 'heartbeat paused',
  'heartbeat-resumed': 'heartbeat resumed',
  'spare-given': 'session given to another tab',
  'page-hidden': 'page hidden',
  'page-shown': 'page shown',
  'session-closed': 'session closed',
}
