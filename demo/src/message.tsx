import { memo } from 'react'
import type { Turn } from './chat-state.ts'
import { formatSeconds } from './comparison-state.ts'
import { Icon } from './icons.tsx'
import type { Lane } from './lanes.ts'
import { Markdown } from './markdown.tsx'
import { outcomeTexts } from './outcome-texts.ts'
import { Problem } from './problem.tsx'
import { useNow } from './use-now.ts'
import './answer.css'
import './message.css'

interface Props {
  lane: Lane
  turn: Turn
  /** The latest answer carries the test ids. */
  isLatest: boolean
  startedAtMs: number
}

/** A question and its answer. */
export const Message = memo(function Message({ lane, turn, isLatest, startedAtMs }: Props) {
  const { prompt, phase, text, sources, reloaded, firstTokenMs, outcome, error } = turn
  return (
    <article className="turn">
      <p className="question">{prompt}</p>
      {phase === 'waiting' && <Waiting sinceMs={startedAtMs + turn.sentAtMs} />}
      {text && (
        <div
          className="answer"
          data-phase={phase}
          data-testid={isLatest ? `answer-${lane}` : undefined}
          aria-busy={phase === 'streaming'}
        >
          <Markdown text={text} />
        </div>
      )}
      {error && <Problem text={error} />}
      {sources.length > 0 && (
        <ul className="sources" aria-label="Sources">
          {sources.map(({ title, path }) => (
            <li key={path + title}>
              <Icon name="document" /> {path} <span>› {title}</span>
            </li>
          ))}
        </ul>
      )}
      {outcome && (
        <p className="meta">
          <span className="outcome" data-outcome={outcome} data-testid={isLatest ? `outcome-${lane}` : undefined}>
            {outcome}
          </span>
          <span>
            {firstTokenMs !== undefined && <b>{formatSeconds(firstTokenMs)}</b>} {outcomeTexts[outcome]}
            {!!reloaded && (
              <span data-testid={isLatest ? `reloaded-${lane}` : undefined}>
                {` New to this conversation, it reloaded ${reloaded === 1 ? '1 earlier question' : `${reloaded} earlier questions`}.`}
              </span>
            )}
          </span>
        </p>
      )}
    </article>
  )
})

function Waiting({ sinceMs }: { sinceMs: number }) {
  const nowMs = useNow(true)
  return (
    <p className="waiting">
      <span className="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span className="visually-hidden">Waiting for the first token</span>
      <time aria-hidden="true">{formatSeconds(Math.max(0, nowMs - sinceMs))}</time>
    </p>
  )
}
