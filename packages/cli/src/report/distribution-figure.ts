import { axisX, axisY, gridX, gridY, line } from '@observablehq/plot'
import type { BenchResult } from '../bench/bench-result.ts'
import { ascending } from '../bench/percentiles.ts'
import { isAnswered } from '../bench/sample.ts'
import { type ScenarioName, scenarioNames } from '../bench/scenarios.ts'
import { draw } from './draw.ts'
import { formatTick } from './format.ts'

interface Step {
  scenario: ScenarioName
  ms: number
  share: number
}

/** The share of messages that had their first token by then. A line that ends below 100 % shows that the rest failed. */
export function distributionFigure({ scenarios }: BenchResult): string {
  const steps: Step[] = scenarioNames.flatMap(scenario => {
    const samples = scenarios[scenario]?.samples ?? []
    const times = ascending(samples.filter(isAnswered).map(({ firstTokenMs }) => firstTokenMs))
    return times.flatMap((ms, index) => [
      ...(index === 0 ? [{ scenario, ms, share: 0 }] : []),
      { scenario, ms, share: (index + 1) / samples.length },
    ])
  })
  const times = steps.map(({ ms }) => ms)
  const margins = { marginLeft: 48, marginRight: 20, marginBottom: 36 }
  return draw((width, isNarrow) => {
    const ticks = tickPositions(times, width - margins.marginLeft - margins.marginRight)
    return {
      height: isNarrow ? 260 : 320,
      ...margins,
      x: { type: 'log', label: null },
      y: { domain: [0, 1], label: null },
      ariaLabel: 'Cumulative distribution of the time to the first token',
      marks: [
        gridX(ticks, { stroke: 'var(--line)', strokeOpacity: 1 }),
        gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 5 }),
        // Not `tickFormat`, which leaves out labels on a logarithmic axis.
        axisX(ticks, { text: (ms: number) => formatTick(ms), fontSize: 11, label: null }),
        axisY({ ticks: 5, tickFormat: (share: number) => `${Math.round(share * 100)} %`, fontSize: 11, label: null }),
        line(steps, {
          x: 'ms',
          y: 'share',
          z: 'scenario',
          stroke: ({ scenario }: Step) => `var(--${scenario})`,
          strokeWidth: 2.2,
          curve: 'step-after',
        }),
      ],
    }
  })
}

/** The first digits of ticks on a logarithmic axis that people can read, the densest choice first. */
const tickDigits = [[1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]
/** The width of the label `500 ms`, and a gap, in pixels. */
const leastDistance = 50

/** The densest ticks whose labels have room on an axis of `length` pixels. */
function tickPositions(samples: readonly number[], length: number): number[] {
  const [least, most] = [Math.min(...samples), Math.max(...samples)]
  const decades = Array.from({ length: 9 }, (_, index) => index - 1)
  const candidates = tickDigits.map(digits =>
    decades
      .flatMap(decade => digits.map(digit => Number(`${digit}e${decade}`)))
      .filter(tick => tick >= least && tick <= most),
  )
  const leastRatio = (most / least) ** (leastDistance / length)
  const hasRoom = (ticks: number[]) => ticks.every((tick, index) => tick >= leastRatio * (ticks[index - 1] ?? 0))
  return candidates.find(hasRoom) ?? candidates.at(-1) ?? []
}
