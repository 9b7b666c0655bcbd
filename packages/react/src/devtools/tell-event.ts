import type { SessionEvent } from '@warm-agent/client'

/** @returns the event in a few words: its name, and the one thing that one wants to know of it. */
export function tellEvent(event: SessionEvent): string {
  switch (event.type) {
    case 'warm-succeeded':
      return `${event.type}: ${event.source} in ${(event.tookMs / 1000).toFixed(1)} s, ${event.evidence}`
    case 'warm-failed':
    case 'beat-failed':
      return `${event.type}: ${event.error.message}`
    case 'session-expired':
      return `${event.type}: ${event.reason}`
    case 'session-ending':
      return `${event.type} in ${Math.round(event.inMs / 60_000)} min`
    case 'message-answered':
      return `${event.type}: ${event.outcome ?? 'not by the proxy'}`
    default:
      return event.type
  }
}
