import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { boot, type Sample, type Scenario, startBench, thinkMs, typingMs } from './measure.ts'
import { quantile } from './quantile.ts'

const conversations = 60
const atOnce = 6
const seed = 20_261_122
const scenarios: Scenario[] = ['cold', 'joined', 'warm', 'steady']

const bench = await startBench(seed)
const results: Partial<Record<Scenario, ReturnType<typeof summarize>>> = {}
try {
  for (const scenario of scenarios) {
    const samples: Sample[] = []
    let begun = 0
    const worker = async () => {
      while (begun++ < conversations) {
        samples.push(await bench.measure(scenario))
        if (process.stderr.isTTY) process.stderr.write(`\r${scenario}: ${samples.length} of ${conversations} `)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    process.stderr.write(`\r${scenario}: done                \n`)
    results[scenario] = summarize(samples)
  }
} finally {
  await bench.close()
}

const setup = { conversations, atOnce, seed, boot, thinkMs, typingMs, node: process.version, cores: cpus().length }
const file = fileURLToPath(new URL('result.json', import.meta.url))
await writeFile(file, `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), setup, results }, null, 2)}\n`)

process.stdout.write('Time from sending the first message to the first byte of its answer, in milliseconds\n')
for (const [scenario, { p50Ms, p90Ms, p99Ms, outcomes }] of Object.entries(results)) {
  const found = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`)
  process.stdout.write(`${scenario.padEnd(8)} p50 ${p50Ms}  p90 ${p90Ms}  p99 ${p99Ms}  (${found.join(', ')})\n`)
}

function summarize(samples: readonly Sample[]) {
  const times = samples.map(({ firstByteMs }) => firstByteMs)
  const outcomes: Record<string, number> = {}
  for (const { outcome } of samples) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  return {
    outcomes,
    p50Ms: Math.round(quantile(times, 0.5)),
    p90Ms: Math.round(quantile(times, 0.9)),
    p99Ms: Math.round(quantile(times, 0.99)),
    samplesMs: times.map(Math.round),
  }
}
