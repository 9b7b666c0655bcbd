import { axisX, axisY, barX, gridX, text } from '@observablehq/plot'
import { type BenchResult, shares } from '../bench/bench-result.ts'
import { type BudgetStage, budgetStages } from '../bench/latency-budget.ts'
import { type Answered, isAnswered } from '../bench/sample.ts'
import { scenarioNames } from '../bench/scenarios.ts'
import { draw } from './draw.ts'
import { formatDuration, formatTick } from './format.ts'

interface Span {
  row: string
  stage: BudgetStage
  from: number
  to: number
}

/** Where the time went, from left to right, in the very requests at p50 and p99 of each scenario. */
export function waterfallFigure({ scenarios }: BenchResult): string {
  const requests = scenarioNames.flatMap(scenario => {
    const answered = (scenarios[scenario]?.samples ?? []).filter(isAnswered)
    return (['p50', 'p99'] as const).flatMap(share => {
      const request = requestAt(answered, shares[share])
      return request ? [{ row: `${scenario} ${share}`, request }] : []
    })
  })
  const spans = requests.flatMap(({ row, request }) => spansOf(row, request))
  const ends = requests.map(({ row, request: { lastTokenMs } }) => ({ row, lastTokenMs }))
  return draw((width, isNarrow) => ({
    height: requests.length * (isNarrow ? 26 : 28) + 44,
    marginLeft: isNarrow ? 78 : 92,
    marginRight: isNarrow ? 58 : 72,
    marginBottom: 32,
    x: { label: null },
    y: { domain: requests.map(({ row }) => row), label: null, padding: 0.28 },
    ariaLabel: 'Waterfall: where the time of requests went, stage by stage',
    marks: [
      gridX({ ticks: width / 130, stroke: 'var(--line)', strokeOpacity: 1 }),
      axisX({ ticks: width / 130, tickFormat: formatTick, fontSize: 11, label: null }),
      axisY({ tickSize: 0, fontSize: 11, label: null }),
      barX(spans, { x1: 'from', x2: 'to', y: 'row', fill: ({ stage }: Span) => `var(--stage-${stage})` }),
      text(ends, {
        x: 'lastTokenMs',
        y: 'row',
        text: ({ lastTokenMs }: { lastTokenMs: number }) => formatDuration(lastTokenMs),
        textAnchor: 'start',
        dx: 6,
        fill: 'var(--ink)',
        fontSize: 11,
      }),
    ],
  }))
}

/** The request whose time to the first token is at the percentile: a real one, not a mean of many. */
function requestAt(answered: readonly Answered[], share: number): Answered | undefined {
  const byTime = [...answered].sort((a, b) => a.firstTokenMs - b.firstTokenMs)
  return byTime[Math.round((byTime.length - 1) * share)]
}

function spansOf(row: string, { budget }: Answered): Span[] {
  let from = 0
  return budgetStages.map(stage => {
    const span = { row, stage, from, to: from + budget[stage] }
    from = span.to
    return span
  })
}
