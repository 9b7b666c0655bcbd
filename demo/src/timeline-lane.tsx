import { formatSeconds } from './comparison-state.ts'
import { type Lane, laneTexts } from './lanes.ts'
import { placeLabels } from './place-labels.ts'
import type { TimeAxis } from './time-axis.ts'
import type { Mark, Span } from './timeline-state.ts'

interface Props {
  lane: Lane
  spans: Span[]
  marks: Mark[]
  axis: TimeAxis
  endMs: number
  /** Where the row is, and how wide, in pixels. */
  y: number
  width: number
}

const middle = 36
/** A warm-up is the tallest, so that it can be seen behind a message that joined it. */
const heights: Record<Span['kind'], number> = { running: 4, warming: 24, waiting: 16, answering: 16 }

/** One chat's row: its name, what its microVM did, and how long the user waited. */
export function TimelineLane({ lane, spans, marks, axis, endMs, y, width }: Props) {
  const boxes = spans.map(span => {
    const from = axis.x(span.startMs)
    return { ...span, from, length: Math.max(3, axis.x(span.endMs ?? endMs) - from) }
  })
  const labels = placeLabels(
    boxes
      .filter(({ kind }) => kind === 'warming' || kind === 'waiting')
      .map(({ kind, from, startMs, endMs: end }) => {
        const took = formatSeconds((end ?? endMs) - startMs)
        return { x: from, text: kind === 'warming' ? `warm-up ${took}` : `wait ${took}` }
      }),
    laneTexts[lane].title.length * 8 + 16,
    width,
  )
  return (
    <g className="lane" data-lane={lane} transform={`translate(0 ${y})`}>
      <text className="lane-name" y={16}>
        {laneTexts[lane].title}
      </text>
      {labels.map(({ x, text }) => (
        <text key={text + x} className="lane-label" x={x} y={16}>
          {text}
        </text>
      ))}
      {boxes.map(({ kind, startMs, from, length }) => (
        <rect
          key={kind + startMs}
          data-kind={kind}
          x={from}
          y={middle - heights[kind] / 2}
          width={length}
          height={heights[kind]}
          rx={Math.min(4, heights[kind] / 2)}
        />
      ))}
      {marks.map(({ kind, atMs }) => (
        <circle key={kind + atMs} data-kind={kind} cx={axis.x(atMs)} cy={middle} r={4} />
      ))}
    </g>
  )
}
