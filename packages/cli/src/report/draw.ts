import type { PlotOptions } from '@observablehq/plot'
import { plotSvg } from './plot-svg.ts'

/** Every figure is drawn for two widths, and the style sheet shows one: the letters of one that is scaled down cannot be read. */
const widths = { wide: 880, narrow: 340 }

/** Draws a figure for both widths. @returns SVG, to be put into a page. */
export function draw(describe: (width: number, isNarrow: boolean) => PlotOptions): string {
  const svg = (kind: keyof typeof widths) => {
    const width = widths[kind]
    return `<div class="${kind}">${plotSvg({ ...describe(width, kind === 'narrow'), width })}</div>`
  }
  return svg('wide') + svg('narrow')
}
