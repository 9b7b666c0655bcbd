import {
  axisX,
  axisY,
  dot,
  gridX,
  gridY,
  lineY,
  type Markish,
  type PlotOptions,
  ruleX,
  ruleY,
  text,
} from '@observablehq/plot'
import { amount, dollars, type Plan, percent } from '@warm-agent/pool/plan'
import { plotSvg } from '../report/plot-svg.ts'

/** Each picture is drawn for two widths: the letters of one that is scaled down cannot be read. */
export const widths = { wide: 760, narrow: 340 }
export const heights = { missRate: 300, cost: 200 }

export const captions = {
  missRate: 'Claims that find the pool empty, by pool size',
  cost: 'Cost per month, by pool size',
}

type Size = Plan['pool']['sizes'][number]
type Value = 'missRate' | 'dollarsPerMonth'

/** What both pictures have in common: the horizontal axis, and the sizes that are marked. */
interface Frame {
  options: PlotOptions
  axes: Markish[]
  points: Plan['pool']['curve']
  marked: Size[]
}

/** Both pictures, one above the other, with the same horizontal axis. */
export function panels(plan: Plan, width: number): [string, string] {
  const frame = frameOf(plan, width)
  return [missRatePanel(plan, frame), costPanel(plan, frame)]
}

function frameOf({ demand, pool }: Plan, width: number): Frame {
  const isNarrow = width < 500
  const points = pool.curve.filter(({ missRate }) => missRate > demand.missRate / 1000)
  const [least, most] = [points[0]?.size ?? 0, points.at(-1)?.size ?? 1]
  // With only a few points the labels would run into the axes.
  const margin = most - least < 12 ? 0.3 * (most - least) + 0.2 : 0
  const ticks = roundNumbers(least, most, isNarrow ? 6 : 15)
  return {
    points,
    marked: pool.sizes.filter(({ size }) => size <= (points.at(-1)?.size ?? 0)),
    axes: [
      gridX(ticks, { stroke: 'var(--line)', strokeOpacity: 1 }),
      axisX(ticks, { tickFormat: String, label: 'sessions', fontSize: 12 }),
    ],
    options: {
      width,
      marginLeft: isNarrow ? 58 : 64,
      marginRight: isNarrow ? 14 : 24,
      marginTop: 16,
      marginBottom: 40,
      x: { label: null, domain: [least - margin, most + margin] },
    },
  }
}

function missRatePanel({ demand: { missRate: wanted } }: Plan, { options, axes, points, marked }: Frame): string {
  const rates = points.map(point => point.missRate)
  return plotSvg({
    ...options,
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
      dots(marked, 'missRate', wanted),
      labels(marked, 'missRate', percent, { textAnchor: 'end', dx: -8, dy: 10 }),
    ],
  })
}

function costPanel({ demand, pool }: Plan, { options, axes, points, marked }: Frame): string {
  const isLast = ({ size }: Size) => size > pool.size
  const others = marked.filter(each => !isLast(each))
  return plotSvg({
    ...options,
    height: heights.cost,
    y: { label: null, zero: true, nice: true },
    ariaLabel: captions.cost,
    marks: [
      gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 4 }),
      ...axes,
      axisY({ ticks: 4, tickFormat: (value: number) => `$${amount(value)}`, label: null, fontSize: 12 }),
      ruleX([pool.size], { stroke: 'var(--good)', strokeDasharray: '5 4', strokeWidth: 1.5 }),
      lineY(points, { x: 'size', y: 'dollarsPerMonth', stroke: 'var(--cost)', strokeWidth: 2.2 }),
      dots(marked, 'dollarsPerMonth', demand.missRate),
      // Above the rising line, but below it for the last one, so that neighbours do not cover each other.
      labels(others, 'dollarsPerMonth', dollars, { textAnchor: 'end', dx: -8, dy: -10 }),
      labels(marked.filter(isLast), 'dollarsPerMonth', dollars, { textAnchor: 'middle', dx: 0, dy: 16 }),
    ],
  })
}

function dots(sizes: readonly Size[], value: Value, wanted: number): Markish {
  return dot(sizes, {
    x: 'size',
    y: value,
    r: 4.5,
    fill: ({ missRate }) => (missRate <= wanted ? 'var(--good)' : 'var(--miss)'),
    stroke: 'var(--paper)',
    strokeWidth: 1.5,
  })
}

function labels(
  sizes: readonly Size[],
  value: Value,
  format: (value: number) => string,
  place: { textAnchor: 'end' | 'middle'; dx: number; dy: number },
): Markish {
  return text(sizes, {
    ...place,
    x: 'size',
    y: value,
    text: point => `${point.size}: ${format(point[value])}`,
    fontSize: 12,
    fontWeight: 600,
    fill: 'var(--ink)',
    stroke: 'var(--paper)',
    strokeWidth: 4,
  })
}

/** Round whole numbers between both, at most `count` of them. */
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
