import type { SessionStatus } from '@warm-agent/client'
import { Icon } from './icons.tsx'
import type { Lane } from './lanes.ts'

/** A chat before its first message: what is going on, and what to expect. */
export function EmptyChat({ lane, status }: { lane: Lane; status: SessionStatus }) {
  return (
    <div className="chat-empty">
      <Icon name={lane === 'warm' ? 'flame' : 'snowflake'} />
      <p>{textOf(status)}</p>
    </div>
  )
}

function textOf(status: SessionStatus): string {
  switch (status) {
    case 'warming':
      return 'The agent’s microVM boots while you read. Ask now, and your message joins it.'
    case 'warm':
    case 'active':
      return 'The agent’s microVM is running. Your first answer comes at once.'
    case 'expired':
      return 'The microVM was held long enough and stopped. The first message starts it again.'
    case 'error':
      return 'The warm-up failed. It costs nothing but the wait: the first message goes cold.'
    case 'idle':
      return 'Nothing runs yet. The first message starts the agent’s microVM, and waits for it.'
    default:
      return status satisfies never
  }
}
