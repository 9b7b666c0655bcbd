import { axisFy, axisX, barX, ruleX, text } from '@observablehq/plot'
import type { BenchResult, ShareName } from '../bench/bench-result.ts'
import { type ScenarioName, scenarioNames } from '../bench/scenarios.ts'
import { draw } from './draw.ts'
import { formatDuration, formatTick } from './format.ts'

interface Bar {
  scenario: ScenarioName
  share: ShareName
  value: number
  low: number
  high: number
}

/** The article's Figure 4 for this agent: on-demand against pre-warmed, percentile by percentile. */
export function latencyFigure({ scenarios }: BenchResult): string {
  const shown: ShareName[] = ['p50', 'p90', 'p99']
  const bars: Bar[] = shown.flatMap(share =>
    scenarioNames.flatMap(scenario => {
      const times = scenarios[scenario]?.firstToken
      if (!times) return []
      const { value, low, high } = times[share]
      return [{ scenario, share, value, low: low ?? value, high: high ?? times.max }]
    }),
  )
  const rows = scenarioNames.filter(name => scenarios[name]?.firstToken)
  const most = Math.max(...bars.map(({ high }) => high))
  return draw((width, isNarrow) => ({
    height: shown.length * (rows.length * 22 + 18) + 40,
    marginLeft: isNarrow ? 52 : 64,
    marginRight: isNarrow ? 36 : 48,
    marginBottom: 36,
    x: {
      domain: [0, most * (isNarrow ? 1.26 : 1.1)],
      label: null,
      tickFormat: formatTick,
      ticks: width / 130,
      grid: true,
    },
    y: { domain: rows, label: null, tickSize: 0, padding: 0.25 },
    fy: { domain: shown, label: null, padding: 0.16 },
    ariaLabel: 'Time to the first token by scenario and percentile',
    marks: [
      axisX({ anchor: 'bottom', label: null, ticks: width / 130, tickFormat: formatTick, fontSize: 11 }),
      axisFy({ anchor: 'right', label: null, fontSize: 13, fontWeight: 600, fill: 'var(--quiet)' }),
      barX(bars, { x: 'value', y: 'scenario', fy: 'share', fill: ({ scenario }: Bar) => `var(--${scenario})`, rx: 2 }),
      // The confidence interval of the percentile.
      barX(bars, {
        x1: 'low',
        x2: 'high',
        y: 'scenario',
        fy: 'share',
        fill: 'var(--ink)',
        insetTop: 7,
        insetBottom: 7,
      }),
      text(bars, {
        x: 'high',
        y: 'scenario',
        fy: 'share',
        text: ({ value }: Bar) => formatDuration(value),
        textAnchor: 'start',
        dx: 6,
        fill: 'var(--ink)',
        fontSize: 11,
      }),
      ruleX([0], { stroke: 'var(--line)' }),
    ],
  }))
}
