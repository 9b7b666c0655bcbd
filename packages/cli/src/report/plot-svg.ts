import { type PlotOptions, plot } from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** Draws without a browser. @returns SVG that takes its background from the page. */
export function plotSvg(options: PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return plot({ style: { background: 'none', overflow: 'visible' }, ...options, document }).outerHTML
}
