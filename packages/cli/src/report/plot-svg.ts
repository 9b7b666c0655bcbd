import { type PlotOptions, plot } from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** Draws without a browser. @returns SVG that takes its background from the page. */
export function plotSvg(options: PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const drawn = plot({ style: { background: 'none', overflow: 'visible' }, ...options, document })
  // It names parts ("x-axis tick") that have no role, and so may have no name (ARIA 1.2, 6.2.4).
  for (const part of drawn.querySelectorAll('g[aria-label]')) part.setAttribute('role', 'group')
  return drawn.outerHTML
}
