import { type PlotOptions, plot } from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** A figure is drawn for two widths of its column, and the style sheet shows one: a picture that is scaled down has unreadable letters. */
const widths = { wide: 880, narrow: 340 }

/** Draws a figure for both widths. @returns SVG, to be put into a page. */
export function draw(describe: (width: number, isNarrow: boolean) => PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const svg = (kind: keyof typeof widths) => {
    const options = describe(widths[kind], kind === 'narrow')
    const drawn = plot({
      ...options,
      width: widths[kind],
      document,
      style: { background: 'none', overflow: 'visible' },
    })
    return `<div class="${kind}">${drawn.outerHTML}</div>`
  }
  return svg('wide') + svg('narrow')
}
