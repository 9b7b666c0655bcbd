import { formatSeconds } from './comparison-state.ts'
import { lanes, laneTexts } from './lanes.ts'
import { createTimeAxis } from './time-axis.ts'
import { TimelineAxis } from './timeline-axis.tsx'
import { TimelineLane } from './timeline-lane.tsx'
import { eventTexts, isMoving, type TimelineEvent, toMarks, toSpans } from './timeline-state.ts'
import { useNow } from './use-now.ts'
import { useWidth } from './use-width.ts'
import './timeline.css'

const laneHeight = 62
const axisHeight = 26
/** Room at both sides, so that the first and last marks are not cut off. */
const inset = 10

/** What happened, as a picture, and as a list for those who would rather read. */
export function Timeline({ events, startedAtMs }: { events: readonly TimelineEvent[]; startedAtMs: number }) {
  const moves = isMoving(events)
  const nowMs = useNow(moves) - startedAtMs
  const [frame, width] = useWidth<HTMLDivElement>()
  const innerWidth = Math.max(0, width - 2 * inset)
  const endMs = Math.max(moves ? nowMs : 0, ...events.map(({ atMs }) => atMs))
  const inLanes = lanes.map(lane => {
    const own = events.filter(event => event.lane === lane)
    return { lane, spans: toSpans(own), marks: toMarks(own) }
  })
  const axis = createTimeAxis({
    momentsMs: events.map(({ atMs }) => atMs),
    busy: inLanes
      .flatMap(({ spans }) => spans)
      .filter(({ kind }) => kind !== 'running')
      .map(span => ({ startMs: span.startMs, endMs: span.endMs ?? endMs })),
    endMs,
    width: innerWidth,
  })
  const height = lanes.length * laneHeight + axisHeight

  return (
    <section className="timeline" aria-labelledby="timeline-title">
      <header>
        <h2 id="timeline-title">What happened</h2>
        <ul className="legend">
          <li data-kind="warming">starting ahead of need</li>
          <li data-kind="waiting">you wait</li>
          <li data-kind="answering">answer streams</li>
          <li data-kind="running">microVM runs</li>
          <li data-kind="beat">lease, beat</li>
        </ul>
      </header>
      <div ref={frame} className="timeline-frame">
        <svg width={width} height={height} role="img" aria-label="Timeline of both chats; the same follows as a list">
          <TimelinePatterns />
          <g transform={`translate(${inset} 0)`}>
            <TimelineAxis axis={axis} y={height - axisHeight} width={innerWidth} />
            {inLanes.map((lane, row) => (
              <TimelineLane
                key={lane.lane}
                {...lane}
                axis={axis}
                endMs={endMs}
                y={row * laneHeight}
                width={innerWidth}
              />
            ))}
          </g>
        </svg>
      </div>
      <details>
        <summary>As a list</summary>
        <ol>
          {[...events]
            .sort((one, other) => one.atMs - other.atMs)
            .filter(({ type, lane }) => type !== 'page-opened' || lane === 'cold')
            .map(({ lane, type, atMs }) => (
              <li key={`${lane} ${type} ${atMs}`} data-lane={type === 'page-opened' ? undefined : lane}>
                <time>{formatSeconds(atMs)}</time> {type !== 'page-opened' && <b>{laneTexts[lane].title}</b>}{' '}
                {eventTexts[type]}
              </li>
            ))}
        </ol>
      </details>
    </section>
  )
}

function TimelinePatterns() {
  return (
    <defs>
      <pattern id="stripes" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="7" height="7" className="stripe-ground" />
        <rect width="3" height="7" className="stripe" />
      </pattern>
    </defs>
  )
}
