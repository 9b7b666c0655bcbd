import { cpus, loadavg } from 'node:os'
import { launchBrowser } from '../support/launch-browser.ts'
import { type Start, startSite, throttling, visit } from './measure-early.ts'
import { quantile } from './quantile.ts'

const starts: Start[] = ['hook', 'script']

/** From the start of a navigation to the request that starts the microVM, on a slow phone: hook alone against inline script. */
export async function measureEarlyStarts(visits: number) {
  const browser = await launchBrowser()
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
  return {
    date: new Date().toISOString().slice(0, 10),
    setup,
    results: { hook: summarize(samples.hook), script: summarize(samples.script) },
  }
}

function summarize(times: readonly number[]) {
  return {
    p50Ms: Math.round(quantile(times, 0.5)),
    p90Ms: Math.round(quantile(times, 0.9)),
    samplesMs: times.map(Math.round),
  }
}
