import type { Turn } from './chat-state.ts'
import { formatSeconds, fullScaleMs, type Measure, measure, toVerdict } from './comparison-state.ts'
import { Icon } from './icons.tsx'
import { type Lane, laneTexts } from './lanes.ts'
import { useNow } from './use-now.ts'
import './comparison.css'

interface Props {
  cold: Turn | undefined
  warm: Turn | undefined
  startedAtMs: number
}

/** From Enter to the first token, both chats on one scale. */
export function Comparison({ cold, warm, startedAtMs }: Props) {
  const nowMs = useNow(cold?.phase === 'waiting' || warm?.phase === 'waiting') - startedAtMs
  const measures = { cold: measure(cold, nowMs), warm: measure(warm, nowMs) }
  const fullMs = fullScaleMs([measures.cold, measures.warm])
  const verdict = toVerdict(cold, warm)
  return (
    <section className="comparison" aria-label="Comparison">
      <div className="bars">
        <h2>From Enter to the first token</h2>
        <Bar lane="cold" measure={measures.cold} fullMs={fullMs} />
        <Bar lane="warm" measure={measures.warm} fullMs={fullMs} />
      </div>
      <p className="verdict" data-testid="verdict" aria-live="polite">
        {verdict.ratio && <strong>{verdict.ratio}</strong>} <span>{verdict.text}</span>
      </p>
    </section>
  )
}

function Bar({ lane, measure: { waitedMs, isGrowing }, fullMs }: { lane: Lane; measure: Measure; fullMs: number }) {
  const isMeasured = waitedMs !== undefined && !isGrowing
  return (
    <div className="bar" data-lane={lane} data-growing={isGrowing}>
      <span className="bar-label">
        <Icon name={lane === 'warm' ? 'flame' : 'snowflake'} />
        {laneTexts[lane].title}
      </span>
      <span className="bar-track">
        <span className="bar-fill" style={{ inlineSize: `${((waitedMs ?? 0) / fullMs) * 100}%` }} />
      </span>
      <output
        className="bar-value"
        data-testid={`first-token-${lane}`}
        data-ms={isMeasured ? waitedMs.toFixed(1) : undefined}
        aria-live="off"
      >
        {waitedMs === undefined ? '–' : formatSeconds(waitedMs)}
      </output>
    </div>
  )
}
