/** What a target wanted at one moment of a day. */
export interface SizeAt {
  hour: number
  adaptive: number
  optimum: number
}

const width = 760
const height = 400
const frame = { left: 56, right: 740, top: 60, bottom: 360 }

const palette = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2330; --quiet: #5b6475; --line: #e3e6ec; --adaptive: #c2452f; --optimum: #3b6fd4 }
@media (prefers-color-scheme: dark) { :root { --paper: #14171d; --ink: #e8ebf0; --quiet: #a0a8b6; --line: #2c323d; --adaptive: #f0836f; --optimum: #7aa7f5 } }
text { font: 13px system-ui, sans-serif; fill: var(--ink) }
.axis { fill: var(--quiet) } .label { font-weight: 600 }
path, line { fill: none; stroke: var(--line) }`

/** Pool sizes over a day: what the adaptive target held, what the optimum holds, and the article's 40. */
export function drawDay(day: readonly SizeAt[]): string {
  const most = 10 * Math.ceil(Math.max(...day.map(({ adaptive }) => adaptive)) / 10)
  const x = (hour: number) => Math.round(frame.left + ((frame.right - frame.left) * hour) / 24)
  const y = (size: number) => Math.round(10 * (frame.bottom - ((frame.bottom - frame.top) * size) / most)) / 10
  const curve = (of: 'adaptive' | 'optimum') =>
    `<path d="M${day.map(each => `${x(each.hour)} ${y(each[of])}`).join('L')}" style="stroke: var(--${of}); stroke-width: 2"/>`
  const label = (atX: number, atY: number, color: string, words: string) =>
    `<text class="label" x="${atX}" y="${atY}" style="fill: var(--${color})">${words}</text>`
  const hours = Array.from({ length: 9 }, (_, index) => 3 * index)
  const sizes = Array.from({ length: most / 10 + 1 }, (_, index) => 10 * index)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Pool sizes over a day">
<style>${palette}</style>
<rect width="100%" height="100%" style="fill: var(--paper)"/>
<text x="16" y="30" style="font-size: 16px; font-weight: 600">Sessions held over a day with 1 to 10 claims per second</text>
${hours.map(hour => `<line x1="${x(hour)}" x2="${x(hour)}" y1="${frame.top}" y2="${frame.bottom}"/><text class="axis" x="${x(hour)}" y="${frame.bottom + 22}" text-anchor="middle">${hour}:00</text>`).join('\n')}
${sizes.map(size => `<line x1="${frame.left}" x2="${frame.right}" y1="${y(size)}" y2="${y(size)}"/><text class="axis" x="${frame.left - 10}" y="${y(size) + 4}" text-anchor="end">${size}</text>`).join('\n')}
<line x1="${frame.left}" x2="${frame.right}" y1="${y(40)}" y2="${y(40)}" style="stroke: var(--quiet); stroke-dasharray: 6 4; stroke-width: 1.5"/>
${curve('adaptive')}
${curve('optimum')}
${label(x(0) + 8, y(40) - 8, 'quiet', 'the article’s fixed 40')}
${label(x(4.4), y(most * 0.4), 'adaptive', 'adaptive')}
${label(x(10), y(most * 0.4), 'optimum', 'optimum: knows every rate beforehand')}
</svg>
`
}
