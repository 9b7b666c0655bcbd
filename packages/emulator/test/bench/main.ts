// What the README says of speed: `npm run bench -w @warm-agent/emulator`. It writes `result.json`.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { simulateDay } from '../simulate-day.ts'
import { measureOverhead } from './measure-overhead.ts'
import { runCrowd } from './run-crowd.ts'

const load = Number(loadavg()[0]?.toFixed(1))
const seconds = async <Value>(work: () => Promise<Value>): Promise<[Value, string]> => {
  const startedAt = performance.now()
  const value = await work()
  return [value, ((performance.now() - startedAt) / 1_000).toFixed(1)]
}

const print = (line: string) => process.stdout.write(`${line}\n`)

const { bareMs, emulatedMs, unverifiedMs } = await measureOverhead(1_500)
print(`a warm call, median of 1500: agent alone ${bareMs.toFixed(2)} ms`)
print(`  through the emulator ${emulatedMs.toFixed(2)} ms, ${(emulatedMs / bareMs).toFixed(1)} times as much`)
print(
  `  without a signature (--auth none) ${unverifiedMs.toFixed(2)} ms, ${(unverifiedMs / bareMs).toFixed(1)} times as much`,
)

const [wrong, crowdSeconds] = await seconds(() => runCrowd(200))
print(
  `200 sessions of real processes, started at once and called three times: ${wrong} wrong answers, ${crowdSeconds} s`,
)

const before = process.cpuUsage()
const [{ totals }, daySeconds] = await seconds(() => simulateDay(100_000, 1))
const { user, system } = process.cpuUsage(before)
const cpuSeconds = ((user + system) / 1e6).toFixed(1)
print(`a day of ${totals.vms} sessions and ${totals.invokes} calls: ${daySeconds} s, ${cpuSeconds} s of processor time`)

const setup = { node: process.version, cores: cpus().length, load }
const rounded = (ms: number) => Number(ms.toFixed(2))
const call = { bareMs: rounded(bareMs), emulatedMs: rounded(emulatedMs), unverifiedMs: rounded(unverifiedMs) }
const result = {
  date: new Date().toISOString().slice(0, 10),
  setup,
  call,
  crowd: { sessions: 200, wrong, seconds: Math.round(Number(crowdSeconds)) },
  day: { sessions: totals.vms, calls: totals.invokes, processorSeconds: Math.round(Number(cpuSeconds)) },
}
await writeFile(new URL('result.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`)
