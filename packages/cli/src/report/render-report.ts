import type { BenchResult } from '../bench/bench-result.ts'
import { budgetStages, stageTexts } from '../bench/latency-budget.ts'
import { distributionFigure } from './distribution-figure.ts'
import { findings, headline } from './findings.ts'
import { escapeHtml } from './format.ts'
import { latencyFigure } from './latency-figure.ts'
import { setupList } from './setup-list.ts'
import { style } from './style.ts'
import { objectiveTable, outcomeTable, percentileTable, rowsOf } from './tables.ts'
import { waterfallFigure } from './waterfall-figure.ts'

/** The report: one file that needs nothing else, for a screen of any width, light or dark, and for paper. */
export function renderReport(result: BenchResult): string {
  const rows = rowsOf(result)
  const hasAnswers = rows.some(([, { firstToken }]) => firstToken)
  const isStamped = rows.some(([, { startUp }]) => startUp)
  const title = escapeHtml(headline(result))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="warm-agent bench">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<p class="quiet">warm-agent bench · ${result.date.slice(0, 10)} · ${result.setup.target === 'aws' ? 'on AWS' : 'on an emulator'}</p>
<h1>${withItsUnit(title)}</h1>
${notes(result)}
<ul>${findings(result)
    .map(text => `<li>${escapeHtml(text)}</li>`)
    .join('')}</ul>
${legend(rows.map(([name, { description }]) => ({ color: `--${name}`, text: `${name}: ${description}` })))}
${hasAnswers ? figures(result, isStamped) : '<p class="note">No message was answered: there is nothing to draw.</p>'}
<h2>What the messages found</h2>
${outcomeTable(result)}
<h2>How it was measured</h2>
${setupList(result)}
<p>To run it again:</p>
<pre>${escapeHtml(result.command)}</pre>
</main>
</body>
</html>
`
}

function figures(result: BenchResult, isStamped: boolean): string {
  return `<h2>Latency comparison</h2>
<p class="quiet">From when a message was due to the first token of its answer. The thin bar is the 95 % interval; where so few messages do not bound a percentile from above, it ends at the slowest one.</p>
<figure>${latencyFigure(result)}</figure>
${percentileTable(result)}
<h2>Distribution</h2>
<p class="quiet">The share of messages that had their first token by then. The axis is logarithmic.</p>
<figure>${distributionFigure(result)}</figure>
<h2>Latency budget</h2>
<p class="quiet">Where the time went, for the very requests at p50 and p99. ${
    isStamped
      ? 'The handler is by its own stamps.'
      : 'This agent keeps no stamps (wrap it with warmable() of @warm-agent/agent): its own time is within the platform’s.'
  }</p>
${legend(budgetStages.map(stage => ({ color: `--stage-${stage}`, text: `${stageTexts[stage].title}: ${stageTexts[stage].means}` })))}
<figure>${waterfallFigure(result)}</figure>
<h2>Start-up, completion, pace</h2>
<p class="quiet">Start-up is the time to the first token without what the handler itself took for it, the last token ends the answer: both in milliseconds. Pace is in tokens per second; the slowest is that of one in a hundred.</p>
${objectiveTable(result)}`
}

/** No line ends between a number and its unit. */
function withItsUnit(text: string): string {
  return text.replace(/(\d) (m?s)\b/g, '$1&nbsp;$2')
}

function legend(entries: readonly { color: string; text: string }[]): string {
  const items = entries.map(({ color, text }) => `<li style="--of: var(${color})">${escapeHtml(text)}</li>`)
  return `<ul class="legend">${items.join('')}</ul>`
}

/** What a reader must know before the numbers. */
function notes({ endedBy, generator, cost, setup }: BenchResult): string {
  const found = [
    endedBy === 'signal' && 'This is a part only: the bench was interrupted.',
    endedBy === 'max-cost' && 'This is a part only: the bench reached its --max-cost.',
    cost.notStopped > 0 && `${cost.notStopped} sessions could not be stopped: they cost until they idle out.`,
    generator.eventLoopDelayP99Ms > 50 &&
      `This machine was busy: its own event loop was up to ${generator.eventLoopDelayP99Ms.toFixed(0)} ms late (p99). Measure on a quieter or larger one.`,
    setup.target === 'emulator' && 'On an emulator: the ratios tell, the absolute times are as good as its boots.',
  ].filter((text): text is string => typeof text === 'string')
  return found.map(text => `<p class="note">${escapeHtml(text)}</p>`).join('')
}
