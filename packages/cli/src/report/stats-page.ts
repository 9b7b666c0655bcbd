import type { Interval, Percentiles, StatsReport } from '@warm-agent/proxy/stats'
import { escapeHtml, formatDuration, formatPeriod } from './format.ts'
import { style } from './style.ts'

const adviceTexts: Readonly<Record<StatsReport['verdict']['advice'], string>> = {
  wait: 'Too early to tell',
  keep: 'Keep it as it is',
  'shorten-hold': 'Shorten the hold',
  'go-to-intent': 'Warm on intent',
  'switch-off': 'Switch it off',
}

const baselineTexts: Readonly<Record<StatsReport['baseline'], string>> = {
  'hold-out': 'callers who are not warmed, drawn by lot (the hold-out)',
  'cold-messages': 'messages that went cold: they are of users in a hurry, so a hold-out would be fairer',
  'warm-ups': 'an estimate: how long warm-ups took, and a warm answer',
  none: 'nothing yet',
}

/** What warming is worth in production, for a browser. */
export function renderStatsPage(report: StatsReport, now = Date.now()): string {
  const { firstMessages: first, warmUps, dollars, verdict, baseline } = report
  const title = adviceTexts[verdict.advice]
  const rows: [name: string, value: string][] = [
    [
      'first messages',
      `${first.total}: ${first.warm} warm, ${first.joined} joined, ${first.rewarmed} rewarmed, ${first.cold} cold, ${first.heldOut} held out`,
    ],
    ['from open to first message', share(report.leadMs)],
    ['first byte, warmed callers', share(report.waitMs.warmed)],
    ['first byte, without warmth', `${share(report.waitMs.withoutWarmth)}`],
    ['compared with', baselineTexts[baseline]],
    ['saved', share(report.savedMs)],
    ['saved on average', interval(report.meanSavedMs)],
    [
      'warm-ups',
      `${warmUps.started}: ${warmUps.used} used, ${warmUps.unused} never used${inThePool(warmUps)}, ${warmUps.waiting} waiting, ${warmUps.failed} failed; ${warmUps.refused} refused by a limit`,
    ],
    [
      'cost of warmth',
      `$${dollars.total.toFixed(4)}${dollars.isWhole ? '' : ' or more'}, of which $${dollars.unused.toFixed(4)} for warm-ups that were never used and $${dollars.pool.toFixed(4)} for waiting in a pool`,
    ],
    ['a second saved', perSecond(dollars)],
    ['prices', dollars.pricesOf],
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>warm-agent: ${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<p class="quiet">warm-agent proxy · the last ${formatPeriod(now - report.sinceMs)} of ${report.scope === 'fleet' ? 'the whole fleet' : 'this process'} · <a href="/stats">JSON</a></p>
<h1>${title}</h1>
<p>${escapeHtml(verdict.reason)}</p>
<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>
</main>
</body>
</html>
`
}

function interval(saved: Interval | null): string {
  if (!saved) return '–'
  const [estimate, low, high] = [saved.estimate, saved.low, saved.high].map(formatDuration)
  return `${estimate}; in 95 of 100 cases between ${low} and ${high}`
}

function inThePool({ unclaimed }: StatsReport['warmUps']): string {
  return unclaimed > 0 ? ` (${unclaimed} of them never left the pool)` : ''
}

function perSecond({ isWhole, perSecondSaved }: StatsReport['dollars']): string {
  if (!isWhole) return 'not known: not all processes of the pool tell these statistics what it holds'
  return perSecondSaved === null ? '–' : `$${perSecondSaved.toFixed(6)}`
}

function share(times: Percentiles | null): string {
  return times ? `${formatDuration(times.p50)} at the median, ${formatDuration(times.p95)} at p95` : '–'
}
