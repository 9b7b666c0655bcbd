import type { SessionSnapshot } from '@warm-agent/client'
import type { Turn } from './chat-state.ts'
import { EmptyChat } from './empty-chat.tsx'
import { Icon } from './icons.tsx'
import { type Lane, laneTexts } from './lanes.ts'
import { Message } from './message.tsx'
import { Problem } from './problem.tsx'
import { StatusPill } from './status-pill.tsx'
import { useStickToEnd } from './use-stick-to-end.ts'
import './chat-panel.css'

interface Props extends Pick<SessionSnapshot, 'status' | 'error'> {
  lane: Lane
  turns: readonly Turn[]
  startedAtMs: number
  isBusy: boolean
  endMicroVm: () => void
}

export function ChatPanel({ lane, turns, status, error, startedAtMs, isBusy, endMicroVm }: Props) {
  const { title, subtitle } = laneTexts[lane]
  const scroller = useStickToEnd<HTMLDivElement>(turns)
  return (
    <section className="chat" data-lane={lane} data-testid={`chat-${lane}`} aria-label={`${title} chat`}>
      <header className="chat-header">
        <span className="lane-badge">
          <Icon name={lane === 'warm' ? 'flame' : 'snowflake'} />
        </span>
        <h2>
          {title} <small>{subtitle}</small>
        </h2>
        {status === 'active' && (
          <button
            type="button"
            className="chat-end"
            data-testid={`end-${lane}`}
            disabled={isBusy}
            title="The conversation goes on: the next message starts another microVM, and the agent reloads its history."
            onClick={endMicroVm}
          >
            End <span className="chat-end-whose">its </span>microVM
          </button>
        )}
        <StatusPill lane={lane} status={status} isWaiting={turns.at(-1)?.phase === 'waiting'} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <div className="chat-log" ref={scroller} role="log" aria-label={`${title} answers`} tabIndex={0}>
        {turns.length === 0 && <EmptyChat lane={lane} status={status} />}
        {turns.map(turn => (
          <Message key={turn.id} lane={lane} turn={turn} isLatest={turn === turns.at(-1)} startedAtMs={startedAtMs} />
        ))}
        {error && <Problem text={error.message} />}
      </div>
    </section>
  )
}
