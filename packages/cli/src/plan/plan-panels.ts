import { axisX, axisY, dot, gridX, gridY, lineY, type PlotOptions, ruleX, ruleY, text } from '@observablehq/plot'
import { amount, dollars, type Plan, percent } from '@warm-agent/pool/plan'
import { plotSvg } from '../report/plot-svg.ts'

/** Drawn for two widths of a page, because letters in a picture that is scaled down cannot be read. */
export const widths = { wide: 760, narrow: 340 }
export const heights = { missRate: 300, cost: 200 }

export const captions = {
  missRate: 'Claims that find the pool empty, by pool size',
  cost: 'Cost per month, by pool size',
}

/** Both pictures, one above the other, with the same horizontal axis. */
export function panels({ demand, pool }: Plan, width: number): [string, string] {
  const isNarrow = width < 500
  const { missRate: wanted } = demand
  const points = pool.curve.filter(({ missRate }) => missRate > wanted / 1000)
  const marked = pool.sizes.filter(({ size }) => size <= (points.at(-1)?.size ?? 0))
  const [least, most] = [points[0]?.size ?? 0, points.at(-1)?.size ?? 1]
  // Labels of a few points would run into the axes.
  const margin = most - least < 12 ? 0.3 * (most - least) + 0.2 : 0
  const ticks = roundNumbers(least, most, isNarrow ? 6 : 15)
  const shared: PlotOptions = {
    width,
    marginLeft: isNarrow ? 58 : 64,
    marginRight: isNarrow ? 14 : 24,
    marginTop: 16,
    marginBottom: 40,
    x: { label: null, domain: [least - margin, most + margin] },
  }
  const axes = [
    gridX(ticks, { stroke: 'var(--line)', strokeOpacity: 1 }),
    axisX(ticks, { tickFormat: String, label: 'sessions', fontSize: 12 }),
  ]
  const labels = (value: 'missRate' | 'dollarsPerMonth', say: (value: number) => string) => {
    const label = (sizes: typeof marked, place: { textAnchor: 'end' | 'middle'; dx: number; dy: number }) =>
      text(sizes, {
        ...place,
        x: 'size',
        y: value,
        text: point => `${point.size}: ${say(point[value])}`,
        fontSize: 12,
        fontWeight: 600,
        fill: 'var(--ink)',
        stroke: 'var(--paper)',
        strokeWidth: 4,
      })
    if (value === 'missRate') return [label(marked, { textAnchor: 'end', dx: -8, dy: 10 })]
    // Above the rising line, and the last one below it: neighbours would cover each other.
    const isLast = ({ size }: { size: number }) => size > pool.size
    return [
      label(
        marked.filter(each => !isLast(each)),
        { textAnchor: 'end', dx: -8, dy: -10 },
      ),
      label(marked.filter(isLast), { textAnchor: 'middle', dx: 0, dy: 16 }),
    ]
  }
  const dots = (value: 'missRate' | 'dollarsPerMonth') =>
    dot(marked, {
      x: 'size',
      y: value,
      r: 4.5,
      fill: ({ missRate }) => (missRate <= wanted ? 'var(--good)' : 'var(--miss)'),
      stroke: 'var(--paper)',
      strokeWidth: 1.5,
    })
  const rates = points.map(point => point.missRate)
  const missRate = plotSvg({
    ...shared,
    height: heights.missRate,
    y: { type: 'log', label: null, domain: [0.7 * Math.min(...rates), Math.min(1, 1.3 * Math.max(...rates))] },
    ariaLabel: captions.missRate,
    marks: [
      gridY(powersOfTen(rates), { stroke: 'var(--line)', strokeOpacity: 1 }),
      ...axes,
      axisY(powersOfTen(rates), { tickFormat: percent, label: null, fontSize: 12 }),
      ruleY([wanted], { stroke: 'var(--good)', strokeDasharray: '5 4', strokeWidth: 1.5 }),
      text([{ wanted }], {
        y: 'wanted',
        frameAnchor: 'left',
        text: () => `wanted: ${percent(wanted)}`,
        dx: 6,
        dy: -9,
        textAnchor: 'start',
        fontSize: 12,
      }),
      lineY(points, { x: 'size', y: 'missRate', stroke: 'var(--miss)', strokeWidth: 2.2 }),
      dots('missRate'),
      ...labels('missRate', percent),
    ],
  })
  const cost = plotSvg({
    ...shared,
    height: heights.cost,
    y: { label: null, zero: true, nice: true },
    ariaLabel: captions.cost,
    marks: [
      gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 4 }),
      ...axes,
      axisY({ ticks: 4, tickFormat: (value: number) => `$${amount(value)}`, label: null, fontSize: 12 }),
      ruleX([pool.size], { stroke: 'var(--good)', strokeDasharray: '5 4', strokeWidth: 1.5 }),
      lineY(points, { x: 'size', y: 'dollarsPerMonth', stroke: 'var(--cost)', strokeWidth: 2.2 }),
      dots('dollarsPerMonth'),
      ...labels('dollarsPerMonth', dollars),
    ],
  })
  return [missRate, cost]
}

/** Whole ones, no more than `count`. */
function roundNumbers(least: number, most: number, count: number): number[] {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
  const step = steps.find(each => (most - least) / each < count) ?? most - least
  const first = Math.ceil(least / step) * step
  return Array.from({ length: Math.floor((most - first) / step) + 1 }, (_, index) => first + index * step)
}

function powersOfTen(values: readonly number[]): number[] {
  const exponents = Array.from({ length: 12 }, (_, index) => -index)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return exponents.map(exponent => 10 ** exponent).filter(power => power >= least && power <= most)
}
