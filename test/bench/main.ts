import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { pricesCheckedOn } from '@warm-agent/protocol/prices'
import { type BenchResult, methods, type ScenarioResult } from '../../packages/cli/src/bench/bench-result.ts'
import { rehearsals } from '../../packages/cli/src/bench/run-scenario.ts'
import { isAnswered } from '../../packages/cli/src/bench/sample.ts'
import { renderReport } from '../../packages/cli/src/report/render-report.ts'
import { toTextTable } from '../../packages/cli/src/report/text-table.ts'
import { type GrowthSeries, growthFigure } from '../../packages/cli/test/bench/growth-figure.ts'
import { growthSlope } from '../../packages/cli/test/bench/growth-slope.ts'
import { firstMessageGoals } from './first-message-goals.ts'
import { measureFirstMessages } from './first-messages.ts'
import { atLeast, atMost, type Goal, goalTable } from './goals.ts'
import { measureBytes } from './measure-bytes.ts'
import { measureEarlyStarts } from './measure-early-starts.ts'
import { measureIdleStreams } from './measure-idle-streams.ts'
import { measureOverhead } from './measure-overhead.ts'
import { measureRenders } from './measure-renders.ts'
import { measureStoreClaims } from './measure-store-claims.ts'
import { pictureReport } from './picture-report.ts'
import { quantile } from './quantile.ts'
import { startProcess } from './start-process.ts'
import { updateReadme } from './update-readme.ts'

const { values } = parseArgs({
  options: {
    conversations: { type: 'string', default: '60' },
    visits: { type: 'string', default: '6' },
    dry: { type: 'boolean' },
  },
})

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
const load = loadavg()[0]
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())

const { plan, setup, measured } = await measureFirstMessages(Number(values.conversations), interrupted.signal)
if (measured.endedBy) process.exit(130)
tell('The proxy beside a relay written by hand')
const overhead = await measureOverhead()
const idleStreams = await measureIdleStreams()
tell('Growth from 1 to 10,000 sessions')
const growth = await measureGrowth()
tell('Claims from each store')
const claims = await measureStoreClaims()
tell('A page that holds')
const renders = await measureRenders()
const bytes = await measureBytes()
tell('Early starts in a slow browser')
const early = await measureEarlyStarts(Number(values.visits))

const goals: Goal[] = [
  ...firstMessageGoals(measured.scenarios, setup),
  atMost("the proxy's added latency to the relay's, p50", 1.25, overhead.addedP50Ratio),
  atLeast("the proxy's throughput to the relay's", 0.8, overhead.throughputRatio),
  atMost("memory of 2,000 idle streams to the relay's, resident", 1.3, idleStreams.rssRatio),
  atMost('claim from a pool in memory, p50, ms', 0.05, claims.claimP50Ms.memory ?? Number.NaN),
  atMost('claim from a pool in Redis to one bare command, p50', 1.5, claims.redisRatio),
  atMost(`renders in ${renders.beats} beats of holding`, 0, renders.renders),
  atMost(
    'inline script to hook alone, navigation to start of the VM, p50',
    0.5,
    early.results.script.p50Ms / early.results.hook.p50Ms,
  ),
  atMost('bytes of @warm-agent/client, minified and gzipped', 3_500, bytes.client),
  atMost('bytes of @warm-agent/react', 4_000, bytes.react),
]
const result = {
  date: new Date().toISOString().slice(0, 10),
  setup: { ...setup, node: process.version, cores: cpus().length, load },
  goals,
  results: Object.fromEntries(Object.entries(measured.scenarios).map(([name, each]) => [name, toFigures(each)])),
  overhead,
  idleStreams,
  claims,
  growth: { rows: growth.rows, slopes: growth.slopes },
  renders,
  bytes,
  generator: measured.generator,
}
process.stdout.write(`${toTextTable(toReport())}\n${goalTable(goals)}\n`)
if (!values.dry) {
  await save('result.json', `${JSON.stringify(result, null, 2)}\n`)
  await save('report.html', renderReport(toReport()))
  await pictureReport()
  await save('growth.svg', growthFigure(growth.series))
  await save('early-result.json', `${JSON.stringify(early, null, 2)}\n`)
  await updateReadme(result.results, early)
}
process.exit(0)

/** What the README's table is made of. */
function toFigures({ outcomes, failures, samples }: ScenarioResult) {
  const times = samples.filter(isAnswered).map(({ firstTokenMs }) => firstTokenMs)
  const figure = (share: number) => (times.length > 0 ? Math.round(quantile(times, share)) : null)
  return {
    outcomes,
    ...(Object.keys(failures).length > 0 && { failures }),
    p50Ms: figure(0.5),
    p90Ms: figure(0.9),
    p99Ms: figure(0.99),
    samplesMs: times.map(Math.round),
  }
}

async function measureGrowth() {
  const { line, stop } = await startProcess('growth/measure.ts', {}, ['--expose-gc'])
  await stop()
  const rows = JSON.parse(line) as {
    sessions: number
    bytesPerSession: number
    beatMs: number
    messageMs: number
    openMs: number
    claimMs: number
  }[]
  const series: GrowthSeries[] = (['openMs', 'messageMs', 'beatMs', 'claimMs'] as const).map(name => ({
    name: name.replace('Ms', ''),
    points: rows.map(row => ({ count: row.sessions, value: row[name] })),
  }))
  const slopes = Object.fromEntries(series.map(({ name, points }) => [name, Number(growthSlope(points).toFixed(3))]))
  return { rows, slopes, series }
}

function toReport(): BenchResult {
  const { load: shape, messages, seed, delayMs, leadMs, message, footprint } = plan
  return {
    format: 'warm-agent-bench/1',
    date: new Date().toISOString(),
    endedBy: measured.endedBy,
    command: 'npm run bench',
    setup: {
      target: 'emulator',
      arn: 'the stub test/bench/agent.ts',
      boot: `lognormal:${setup.boot.medianMs},${setup.boot.p99Ms}`,
      load: shape,
      messages,
      seed,
      delayMs,
      leadMs,
      rehearsals,
      message,
      node: process.version,
      cores: cpus().length,
      ...methods,
    },
    scenarios: measured.scenarios,
    cost: { ...footprint, ...measured.cost, pricesOf: pricesCheckedOn },
    generator: measured.generator,
  }
}

async function save(name: string, text: string): Promise<void> {
  await writeFile(fileURLToPath(new URL(name, import.meta.url)), text)
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
