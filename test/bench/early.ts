import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { type Start, startSite, throttling, visit } from './measure-early.ts'
import { quantile } from './quantile.ts'

const visits = 20
const starts: Start[] = ['hook', 'script']

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
const sites = { hook: await startSite('hook'), script: await startSite('script') }
const samples: Record<Start, number[]> = { hook: [], script: [] }
try {
  // The first visit warms up Chromium itself, and does not count.
  for (const start of starts) await visit(browser, sites[start])
  for (let count = 0; count < visits; count++) {
    for (const start of starts) {
      const openings = await visit(browser, sites[start])
      if (openings.length !== 1) throw new Error(`Could not measure: ${start} opened ${openings.length} sessions.`)
      samples[start].push(...openings)
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${count + 1} of ${visits} `)
  }
} finally {
  await browser.close()
  for (const start of starts) await sites[start].close()
}

const setup = {
  visits,
  ...throttling,
  bundleBytes: sites.hook.bundleBytes,
  chromium: browser.version(),
  node: process.version,
  cores: cpus().length,
  load: loadavg()[0],
}
const results = { hook: summarize(samples.hook), script: summarize(samples.script) }
const file = fileURLToPath(new URL('early-result.json', import.meta.url))
await writeFile(file, `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), setup, results }, null, 2)}\n`)

process.stdout.write('Time from the start of the navigation to the arrival of POST /sessions, in milliseconds\n')
for (const start of starts) {
  const { p50Ms, p90Ms } = results[start]
  process.stdout.write(`${start.padEnd(8)} p50 ${p50Ms}  p90 ${p90Ms}\n`)
}

function summarize(times: readonly number[]) {
  return {
    p50Ms: Math.round(quantile(times, 0.5)),
    p90Ms: Math.round(quantile(times, 0.9)),
    samplesMs: times.map(Math.round),
  }
}
