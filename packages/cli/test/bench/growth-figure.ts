import { axisX, axisY, dot, gridX, gridY, line, text } from '@observablehq/plot'
import { plotSvg } from '../../src/report/plot-svg.ts'
import { growthSlope } from './growth-slope.ts'

export interface GrowthSeries {
  name: string
  points: { count: number; value: number }[]
}

/** A chart with both axes logarithmic: a flat line does not grow, and each says its slope. */
export function growthFigure(series: readonly GrowthSeries[]): string {
  const points = series.flatMap(({ name, points: own }) => own.map(point => ({ name, ...point })))
  const ends = series.map(({ name, points: own }) => ({
    name: `${name} (slope ${growthSlope(own).toFixed(2)})`,
    ...(own.at(-1) ?? { count: 1, value: 1 }),
  }))
  const svg = plotSvg({
    width: 860,
    height: 380,
    marginRight: 250,
    marginLeft: 60,
    style: { background: 'white', color: '#1d2330', fontFamily: 'system-ui, sans-serif', fontSize: '12px' },
    x: { type: 'log', label: 'sessions held →' },
    y: { type: 'log', label: '↑ milliseconds, median' },
    color: { scheme: 'Tableau10' },
    marks: [
      gridX({ ticks: 5 }),
      gridY(),
      axisX({ ticks: 5, tickFormat: (count: number) => count.toLocaleString('en'), label: 'sessions held →' }),
      axisY({ ticks: 5, tickFormat: (ms: number) => String(ms) }),
      line(points, { x: 'count', y: 'value', stroke: 'name', strokeWidth: 2 }),
      dot(points, { x: 'count', y: 'value', fill: 'name', r: 3 }),
      text(ends, { x: 'count', y: 'value', text: 'name', textAnchor: 'start', dx: 8 }),
    ],
  })
  return `${svg.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')}\n`
}
