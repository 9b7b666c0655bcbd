import type { SessionStatus } from '@warm-agent/client'
import { Icon, type IconName } from './icons.tsx'
import type { Lane } from './lanes.ts'

const looks: Record<SessionStatus, { icon: IconName; text: string }> = {
  idle: { icon: 'circle', text: 'Not started' },
  warming: { icon: 'spinner', text: 'Warming' },
  warm: { icon: 'flame', text: 'Warm' },
  active: { icon: 'pulse', text: 'Active' },
  expired: { icon: 'clock', text: 'Expired' },
  error: { icon: 'alert', text: 'Failed' },
}

/** A message without a session is starting one: the client knows of it only when the answer begins. */
const startingCold = { icon: 'spinner', text: 'Starting cold' } as const

/** What the session is. */
export function StatusPill({ lane, status, isWaiting }: { lane: Lane; status: SessionStatus; isWaiting: boolean }) {
  const { icon, text } = isWaiting && status === 'idle' ? startingCold : looks[status]
  return (
    <span className="pill" data-status={status} data-testid={`status-${lane}`} role="status">
      <Icon name={icon} />
      {text}
    </span>
  )
}
