import { axisX, axisY, gridX, gridY, line } from '@observablehq/plot'
import { ascending, type BenchResult } from '../bench/bench-result.ts'
import { isAnswered } from '../bench/sample.ts'
import { type ScenarioName, scenarioNames } from '../bench/scenarios.ts'
import { draw } from './draw.ts'
import { formatTick } from './format.ts'

interface Step {
  scenario: ScenarioName
  ms: number
  share: number
}

/** Which share of the messages had its first token by when. A line that ends below 100 %: the rest have failed. */
export function distributionFigure({ scenarios }: BenchResult): string {
  const steps: Step[] = scenarioNames.flatMap(scenario => {
    const samples = scenarios[scenario]?.samples ?? []
    const times = ascending(samples.filter(isAnswered).map(({ firstTokenMs }) => firstTokenMs))
    return times.flatMap((ms, index) => [
      ...(index === 0 ? [{ scenario, ms, share: 0 }] : []),
      { scenario, ms, share: (index + 1) / samples.length },
    ])
  })
  const ticks = tickPositions(steps.map(({ ms }) => ms))
  return draw((_, isNarrow) => ({
    height: isNarrow ? 260 : 320,
    marginLeft: 48,
    marginRight: 20,
    marginBottom: 36,
    x: { type: 'log', label: null },
    y: { domain: [0, 1], label: null },
    ariaLabel: 'Cumulative distribution of the time to the first token',
    marks: [
      gridX(ticks, { stroke: 'var(--line)', strokeOpacity: 1 }),
      gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 5 }),
      // `text` and not `tickFormat`: of a logarithmic axis that one leaves labels out as it sees fit.
      axisX(isNarrow ? spacedOut(ticks) : ticks, { text: (ms: number) => formatTick(ms), fontSize: 11, label: null }),
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
  }))
}

/** 1, 2, 3, 5, 7, 10 … within the samples' range: a logarithmic axis with ticks that people can read. */
function tickPositions(samples: readonly number[]): number[] {
  const [least, most] = [Math.min(...samples), Math.max(...samples)]
  const decades = Array.from({ length: 9 }, (_, exponent) => 10 ** (exponent - 1))
  return decades
    .flatMap(decade => [1, 2, 3, 5, 7].map(digit => digit * decade))
    .filter(tick => tick >= least && tick <= most)
}

/** At most one tick in half a decade: more labels would run into one another on a phone. */
function spacedOut(ticks: readonly number[]): number[] {
  const kept: number[] = []
  for (const tick of ticks) if (tick >= (kept.at(-1) ?? 0) * 2.3) kept.push(tick)
  return kept
}
