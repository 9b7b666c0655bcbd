import { formatTick } from './format-tick.ts'
import type { TimeAxis } from './time-axis.ts'

/** Seconds along the bottom, grid lines, and where quiet time was cut. */
export function TimelineAxis({ axis, y, width }: { axis: TimeAxis; y: number; width: number }) {
  return (
    <g className="axis">
      {axis.ticks.map(({ x, ms }) => (
        <g key={ms} transform={`translate(${x} 0)`}>
          <line y1={0} y2={y} />
          <text y={y + 17} textAnchor={x < 12 ? 'start' : x > width - 16 ? 'end' : 'middle'} dx={x < 12 ? -x : 0}>
            {ms === 0 ? 'opened' : formatTick(ms)}
          </text>
        </g>
      ))}
      {axis.cuts.map(({ x, cutMs, hasRoom }) => (
        <g key={x} className="cut" transform={`translate(${x} 0)`}>
          <path d={`M-6 ${y + 5} l5 -10 M1 ${y + 5} l5 -10`} />
          {hasRoom && (
            <text y={y + 17} textAnchor="middle">
              {formatTick(cutMs)} quiet
            </text>
          )}
        </g>
      ))}
    </g>
  )
}
