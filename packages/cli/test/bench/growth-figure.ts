import { axisX, axisY, dot, gridX, gridY, line, text } from '@observablehq/plot'
import { plotSvg } from '../../src/report/plot-svg.ts'
import { growthSlope } from './growth-slope.ts'

export interface GrowthSeries {
  name: string
  points: { count: number; value: number }[]
}

const title = 'Milliseconds that a call takes, median, by how many sessions are held'
/** A picture has no page whose colours it could take. */
const colors =
  'svg{color:#1d2330;background:#fff}@media(prefers-color-scheme:dark){svg{color:#dbe2ee;background:#14181f}}'

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
    marginTop: 50,
    style: { background: '', color: '', fontFamily: 'system-ui, sans-serif', fontSize: '12px' },
    x: { type: 'log' },
    y: { type: 'log' },
    color: { scheme: 'Tableau10' },
    marks: [
      gridX({ ticks: 5 }),
      gridY(),
      axisX({ ticks: 5, tickFormat: (count: number) => count.toLocaleString('en'), label: null }),
      axisY({ ticks: 5, tickFormat: (ms: number) => String(ms), label: null }),
      line(points, { x: 'count', y: 'value', stroke: 'name', strokeWidth: 2 }),
      dot(points, { x: 'count', y: 'value', fill: 'name', r: 3 }),
      text(ends, { x: 'count', y: 'value', text: 'name', textAnchor: 'start', dx: 8 }),
    ],
  })
  const head = `<style>${colors}</style><text x="16" y="24" text-anchor="start" fill="currentColor" style="font-size: 15px; font-weight: 600">${title}</text>`
  return `${svg.replace(/<svg ([^>]*)>/, `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${title}" $1>${head}`)}\n`
}
