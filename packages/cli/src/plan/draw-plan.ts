import { amount, dollars, type Plan, percent } from '@warm-agent/pool/plan'
import { escapeHtml } from '../report/format.ts'
import { captions, heights, panels, widths } from './plan-panels.ts'

const palette = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2330; --quiet: #5b6475; --line: #e3e6ec; --miss: #c2452f; --cost: #3b6fd4; --good: #2e8560 }
@media (prefers-color-scheme: dark) { :root { --paper: #14171d; --ink: #e8ebf0; --quiet: #a0a8b6; --line: #2c323d; --miss: #f0836f; --cost: #7aa7f5; --good: #56c794 } }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --quiet: #444; --line: #ccc; --miss: #c2452f; --cost: #3b6fd4; --good: #2e8560 } }
text { font-family: system-ui, sans-serif; fill: var(--ink) }`

/** Miss rate and cost over pool size, as one file that needs nothing else. */
export function drawPlan(plan: Plan, format: 'svg' | 'html'): string {
  return format === 'svg' ? toSvg(plan) : toHtml(plan)
}

function toSvg(plan: Plan): string {
  const [missRate, cost] = panels(plan, widths.wide)
  const [question, answer] = [questionOf(plan), answerOf(plan)]
  const head = 88
  const height = head + heights.missRate + 32 + heights.cost + 8
  const at = (y: number, panel: string) => panel.replace('<svg ', `<svg y="${y}" `)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${widths.wide} ${height}" width="${widths.wide}" height="${height}" role="img" aria-label="${escapeHtml(title(plan))}">
<style>${palette}</style>
<rect width="100%" height="100%" style="fill: var(--paper)"/>
<text x="16" y="28" style="font-size: 17px; font-weight: 600">${escapeHtml(question)}</text>
<text x="16" y="52" style="font-size: 15px">${escapeHtml(answer)}</text>
<text x="16" y="80" style="font-size: 13px; fill: var(--quiet)">${captions.missRate}</text>
${at(head, missRate)}
<text x="16" y="${head + heights.missRate + 22}" style="font-size: 13px; fill: var(--quiet)">${captions.cost}</text>
${at(head + heights.missRate + 32, cost)}
</svg>
`
}

function toHtml(plan: Plan): string {
  const drawn = Object.entries(widths).map(([name, width]) => ({ name, panels: panels(plan, width) }))
  const figure = (index: 0 | 1, caption: string) =>
    `<figure><figcaption>${caption}</figcaption>${drawn.map(({ name, panels }) => `<div class="${name}">${panels[index]}</div>`).join('')}</figure>`
  const rows = plan.pool.sizes.map(
    ({ size, missRate, coldPerHour, dollarsPerMonth, verdict }) =>
      `<tr><td>${size}</td><td>${percent(missRate)}</td><td>${amount(coldPerHour)}</td><td>${dollars(dollarsPerMonth)}</td><td class="words">${verdict}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="warm-agent plan">
<link rel="icon" href="data:,">
<title>${escapeHtml(title(plan))}</title>
<style>${palette}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 808px; margin: 0 auto; padding: 32px 24px 64px }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 .5em; text-wrap: balance }
figure { margin: 1.5em 0 0 }
figcaption, footer { color: var(--quiet); font-size: .9rem }
svg { display: block; max-width: 100%; height: auto; color: var(--ink) }
table { border-collapse: collapse; margin-top: 1.5em; font-variant-numeric: tabular-nums; font-size: .92rem; width: 100% }
th, td { padding: .4em .6em; text-align: right; border-bottom: 1px solid var(--line) }
td { white-space: nowrap }
th { font-weight: 600; color: var(--quiet) }
th:first-child, td:first-child { padding-left: 0 }
.words { text-align: left; white-space: normal }
footer { margin-top: 1.5em }
.narrow { display: none }
@media screen and (max-width: 640px) {
  main { padding: 20px 10px 48px }
  h1 { font-size: 1.25rem }
  .wide { display: none }
  .narrow { display: block }
  th, td { padding: .35em .4em; font-size: .85rem }
}
</style>
</head>
<body>
<main>
<h1>${escapeHtml(title(plan))}</h1>
<p>${escapeHtml(plan.pool.explanation)}</p>
${figure(0, captions.missRate)}
${figure(1, captions.cost)}
<table><thead><tr><th>size</th><th>find it empty</th><th>cold per hour</th><th>per month</th><th class="words">verdict</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>
<footer>Erlang’s loss formula at ${amount(plan.pool.load)} missing sessions on average. Prices of ${plan.pricesCheckedOn}, ${amount(plan.demand.footprintGb)} GB per session, ${plan.demand.platform}.</footer>
</main>
</body>
</html>
`
}

function title(plan: Plan): string {
  return `${questionOf(plan)}: ${answerOf(plan)}`
}

function questionOf({ demand: { ratePerSecond, replenishmentMs } }: Plan): string {
  return `${amount(ratePerSecond)} first messages per second, ${amount(replenishmentMs / 1000)} s to replenish`
}

function answerOf({ demand: { missRate }, pool: { size } }: Plan): string {
  return `${size} sessions for at most ${percent(missRate)} cold`
}
