import type { EmulatorEvent } from './events.ts'

/** How much of a session id people see: enough to tell sessions apart, too little to enter one. */
const shownOfSessionId = 8

/** One line for people, however many an agent printed. */
export function describeEvent(event: EmulatorEvent): string {
  return describe(event).trim().replace(/\s+/g, ' ')
}

function describe(event: EmulatorEvent): string {
  if (event.type === 'version-added') return `The agent has version ${event.version} now.`
  if (event.type === 'refused') {
    const whose = event.sessionId === undefined ? '' : `, ${sessionOf(event.sessionId)}`
    return `Refused with ${event.status} ${event.error}${whose}: ${withoutId(event.message, event.sessionId)}`
  }
  const { vm, sessionId, qualifier } = event
  return `VM ${vm} (${sessionOf(sessionId)}, ${qualifier}) ${withoutId(deedOf(event), sessionId)}`
}

function deedOf(event: Exclude<EmulatorEvent, { type: 'refused' | 'version-added' }>): string {
  switch (event.type) {
    case 'session-created':
      return `is provisioned${event.isPreWarmed ? ' from a pre-warmed instance' : ''}, which takes ${seconds(event.delayMs)}.`
    case 'vm-provisioned':
      return `starts the agent${event.pid === undefined ? '' : `, process ${event.pid}`}.`
    case 'vm-ready':
      return `is ready after ${seconds(event.bootMs)}.`
    case 'vm-failed':
      return `failed to start: ${event.message}`
    case 'invoked':
      return 'is called.'
    case 'command-started':
      return 'runs a command.'
    case 'socket-opened':
      return 'has a WebSocket open.'
    case 'session-stopped':
      return 'was stopped.'
    case 'session-expired':
      return event.reason === 'idle' ? 'expired: it was idle for too long.' : 'expired: its maximum lifetime is over.'
    case 'agent-exited':
      return `lost its agent: ${event.how}.`
    case 'vm-lost':
      return event.reason === 'lost' ? 'was lost (chaos).' : 'was given up: its client left while it started.'
    default:
      return event satisfies never
  }
}

function sessionOf(id: string): string {
  return `session ${shorten(id)}`
}

function shorten(id: string): string {
  return `${id.slice(0, shownOfSessionId)}…`
}

/** What others say may name the session in full. */
function withoutId(text: string, id: string | undefined): string {
  return id === undefined ? text : text.replaceAll(id, shorten(id))
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`
}
