import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bootVcpuSeconds } from '@warm-agent/protocol/prices'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BenchResult } from '../../src/bench/bench-result.ts'
import { ascending } from '../../src/bench/bench-result.ts'
import { quantile } from '../../src/bench/percentiles.ts'
import { isAnswered } from '../../src/bench/sample.ts'
import { type Captured, runCaptured } from '../run-captured.ts'
import { type SeenCall, startDataPlane } from './a-data-plane.ts'

let out: string
let plane: Awaited<ReturnType<typeof startDataPlane>> | undefined
/** What the last run ended with. */
let last: Captured

beforeEach(async () => {
  out = join(await mkdtemp(join(tmpdir(), 'warm-agent-bench-')), 'report')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await plane?.close()
  plane = undefined
  await rm(dirname(out), { recursive: true })
})

async function start(before?: (call: SeenCall) => Promise<void> | number | void) {
  plane = await startDataPlane(before)
  for (const [name, value] of Object.entries(plane.env)) vi.stubEnv(name, value)
  return plane
}
async function run(...args: string[]): Promise<number> {
  last = await runCaptured('bench', ...args)
  return last.status
}
const bench = (...args: string[]) => run('--out', out, ...args)
const result = async () => JSON.parse(await readFile(`${out}.json`, 'utf8')) as BenchResult

test('a server that stalls shows in the percentiles, with everybody who would have come meanwhile', async () => {
  // From the 20th message on nothing is answered, until the 60th has come. A closed loop would wait for ever, or leave
  // out the forty who wait; here they come when they are due.
  let messages = 0
  let open = () => {}
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  await start(async call => {
    if (call.isWarmUp || call.operation === 'stop') return
    messages += 1
    if (messages === 60) open()
    if (messages >= 20 && messages < 60) await gate
  })
  const args = ['--scenarios', 'cold', '--messages', '80', '--rate', '80', '--arrivals', 'constant']
  expect(await bench(...args)).toBe(0)

  const { cold } = (await result()).scenarios
  const samples = (cold?.samples ?? []).filter(isAnswered)
  expect(samples).toHaveLength(80)
  const due = ascending(samples.map(({ dueAtMs }) => dueAtMs))
  // The rehearsal is the first message that the server sees, so the 19th that counts is the first to wait.
  const stallMs = (due[58] ?? 0) - (due[18] ?? 0)
  expect(cold?.firstToken?.p99.value).toBeGreaterThan(stallMs * 0.9)
  // And evenly less for those who came later: half of the forty waited half of the stall, or more.
  expect(samples.filter(({ firstTokenMs }) => firstTokenMs > stallMs / 2).length).toBeGreaterThanOrEqual(19)
  expect(cold?.firstToken?.p99.value).toBe(
    Number(quantile(ascending(samples.map(({ firstTokenMs }) => firstTokenMs)), 0.99).toFixed(4)),
  )
})

test('a message that could not leave when it was due is timed from when it was due', async () => {
  await start()
  // No head start: what comes before the second message makes it late.
  const args = ['--scenarios', 'steady', '--rate', '50', '--arrivals', 'constant', '--lead-ms', '0', '--messages', '5']
  expect(await bench(...args)).toBe(0)
  const samples = ((await result()).scenarios.steady?.samples ?? []).filter(isAnswered)
  expect(samples).toHaveLength(5)
  for (const { lateMs, firstTokenMs, budget } of samples) {
    expect(lateMs).toBeGreaterThan(0)
    expect(firstTokenMs).toBeGreaterThan(lateMs)
    expect(budget.late).toBe(lateMs)
  }
})

test('every scenario is measured, and every session that was made is stopped', async () => {
  const { running, calls } = await start()
  const all = 'cold,naive,joined,warm,pool,steady'
  expect(await bench('--scenarios', all, '--messages', '3', '--delay-ms', '30', '--concurrency', '1')).toBe(0)
  const { scenarios, endedBy, setup } = await result()
  expect(Object.keys(scenarios)).toEqual(all.split(','))
  expect(scenarios.cold?.outcomes).toEqual({ cold: 3 })
  expect(scenarios.warm?.outcomes).toEqual({ warm: 3 })
  expect(scenarios.pool?.outcomes).toEqual({ warm: 3 })
  expect(scenarios.naive?.outcomes).toEqual({ direct: 3 })
  expect(endedBy).toBeNull()
  // Three that count and a rehearsal for each; the pool refills.
  expect(new Set(calls.map(({ sessionId }) => sessionId)).size).toBeGreaterThanOrEqual(24)
  expect(running()).toEqual([])
  // The account, and whole session ids, are not for a report that is passed on.
  expect(setup.arn).not.toContain('123456789012')
  const html = await readFile(`${out}.html`, 'utf8')
  expect(html).toContain('npx warm-agent bench')
  for (const { sessionId } of calls) expect(html).not.toContain(sessionId)
})

test('interrupted, it stops what it started, and reports what it measured', async () => {
  let messages = 0
  const { running } = await start(async ({ isWarmUp, operation }) => {
    if (!isWarmUp && operation === 'invoke' && ++messages === 12) process.emit('SIGINT')
  })
  expect(await bench('--scenarios', 'cold,warm', '--messages', '1000', '--concurrency', '2')).toBe(130)
  expect(running()).toEqual([])
  const { endedBy, scenarios } = await result()
  expect(endedBy).toBe('signal')
  expect(scenarios.cold?.messages).toBeGreaterThan(3)
  expect(scenarios.warm).toBeUndefined()
  expect(await readFile(`${out}.html`, 'utf8')).toContain('a part only')
})

test('of a terminal that closes the kernel and the shell both tell: it stops what it started, and reports, all the same', async () => {
  let messages = 0
  const { running } = await start(async ({ isWarmUp, operation }) => {
    if (isWarmUp || operation !== 'invoke' || ++messages !== 12) return
    process.emit('SIGHUP', 'SIGHUP')
    process.emit('SIGHUP', 'SIGHUP')
  })
  expect(await bench('--scenarios', 'cold', '--messages', '100', '--concurrency', '2')).toBe(130)
  expect(running()).toEqual([])
  expect((await result()).endedBy).toBe('signal')
})

test('nothing begins beyond --max-cost', async () => {
  const { running } = await start()
  expect(await bench('--scenarios', 'cold', '--messages', '500', '--max-cost', '0.002')).toBe(3)
  const { cost, endedBy, scenarios } = await result()
  expect(endedBy).toBe('max-cost')
  expect(cost.dollars).toBeLessThanOrEqual(0.002)
  expect(scenarios.cold?.messages).toBeLessThan(500)
  expect(running()).toEqual([])
})

test('messages that fail are counted by their reason, and are in no percentile', async () => {
  let messages = 0
  const { running } = await start(({ isWarmUp, operation }) => {
    if (isWarmUp || operation === 'stop') return undefined
    messages += 1
    return messages % 2 === 0 ? 500 : undefined
  })
  expect(await bench('--scenarios', 'warm', '--messages', '6', '--concurrency', '1')).toBe(0)
  const { warm } = (await result()).scenarios
  expect(warm?.failures).toEqual({ agent_unavailable: 3 })
  expect(warm?.outcomes).toEqual({ warm: 3 })
  expect(warm?.samples).toHaveLength(6)
  expect(running()).toEqual([])
})

test('an agent that answers nothing is given up after three messages', async () => {
  const { calls } = await start(({ isWarmUp, operation }) => (isWarmUp || operation === 'stop' ? undefined : 403))
  expect(await bench('--scenarios', 'cold', '--messages', '1000')).toBe(4)
  expect((await result()).scenarios.cold?.firstToken).toBeNull()
  expect(calls.length).toBeLessThan(20)
})

test.each([
  ['an agent that does not start', [], /"node no-such-file\.mjs": .*Cannot find module/],
  ['a file of boots that is not there', ['--boot', 'file:no-such-file'], /option "boot" .*ENOENT/],
])('%s is told in a sentence, before anything is measured', async (_, args, message) => {
  expect(await bench('--agent', 'node no-such-file.mjs', ...args)).toBe(2)
  expect(last.stderr).toMatch(message)
  expect(last.stderr).toMatch(/^Could not start [^\n]+\n$/)
  await expect(readFile(`${out}.json`)).rejects.toThrow('ENOENT')
})

test('a pool that never fills and a first message that is never answered are waited for no longer than a message', async () => {
  await start(({ isWarmUp, operation }) => {
    if (operation === 'stop') return undefined
    return isWarmUp ? 403 : new Promise(() => {})
  })
  const impatient = ['--messages', '2', '--concurrency', '1', '--timeout-ms', '200']
  expect(await bench('--scenarios', 'pool,steady', ...impatient)).toBe(4)
  const { pool, steady } = (await result()).scenarios
  expect(pool?.failures).toEqual({ timeout: 3 })
  expect(steady?.failures).toEqual({ timeout: 3 })
})

test('where the platform refuses everything, also to stop, no session is said to be left behind', async () => {
  await start(() => 403)
  expect(await bench('--scenarios', 'cold,naive,warm', '--messages', '2')).toBe(4)
  const { cost, scenarios } = await result()
  expect(cost).toMatchObject({ notStopped: 0, sessions: 0, dollars: 0 })
  expect(scenarios.naive).toMatchObject({ messages: 2, firstToken: null })
  expect(last.stderr).not.toContain('Could not stop')
})

test('money on AWS is not spent unasked', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', undefined)
  const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
  const isTTY = Object.getOwnPropertyDescriptor(process.stdin, 'isTTY')
  Object.defineProperty(process.stdin, 'isTTY', { value: false, configurable: true })
  // Less than half a cent, which would be rounded to nothing.
  const status = await bench('--agent-runtime-arn', arn, '--messages', '1', '--max-cost', '0.004')
  Object.defineProperty(process.stdin, 'isTTY', isTTY ?? { value: undefined, configurable: true })
  expect(last.stderr).toMatch(
    /^Could not start the bench: nobody is there to confirm it\. .*about \$0\.01,.*--yes\.\n$/,
  )
  expect(status).toBe(2)
})

test.each<[string, string, () => Promise<unknown>]>([
  ['below a file', '/report', () => writeFile(out, '')],
  ['in a folder without a name', '/', async () => {}],
  ['named as a folder is', '', () => mkdir(out)],
  ['where a folder has the name of the result', '', () => mkdir(`${out}.json`)],
])('a report that could not be written is known before anything is measured: %s', async (_, path, prepare) => {
  const { calls } = await start()
  await prepare()
  expect(await run('--out', `${out}${path}`, '--messages', '1')).toBe(2)
  expect(last.stderr).toMatch(/^Could not use --out: [^\n]+\n$/)
  expect(calls).toEqual([])
  expect((await readdir(dirname(out))).filter(name => name.endsWith('.html'))).toEqual([])
})

test.runIf(existsSync('/dev/full'))(
  'a disk that is full at the end leaves the table, and says so in a sentence',
  async () => {
    await start()
    await symlink('/dev/full', `${out}.json`)
    expect(await bench('--scenarios', 'cold', '--messages', '1')).toBe(1)
    expect(last.stdout).toMatch(/cold[\s\S]*report\.html\n$/)
    expect(last.stderr).toMatch(/\nCould not write [^\n]*report\.json: ENOSPC[^\n]*\.\n$/)
  },
)

test('a link that leads to no file yet is left as it was when nothing is measured', async () => {
  await start()
  await symlink('later.html', `${out}.html`)
  await mkdir(`${out}.json`)
  expect(await bench('--scenarios', 'cold', '--messages', '1')).toBe(2)
  expect((await readdir(dirname(out))).toSorted()).toEqual(['report.html', 'report.json'])
})

test('costs are of the platform, or of prices and memory of one’s own', async () => {
  await start()
  expect(await bench('--scenarios', 'cold', '--messages', '1', '--platform', 'v1-container')).toBe(0)
  expect((await result()).cost).toMatchObject({ platform: 'v1-container', gb: 2.7 })
  const own = ['--memory-gb', '4', '--dollars-per-gb-hour', '0.000001', '--dollars-per-vcpu-hour', '36']
  expect(await bench('--scenarios', 'cold', '--messages', '1', ...own)).toBe(0)
  const { cost } = await result()
  // Two boots, at a cent for each of their vCPU-seconds.
  expect(cost).toMatchObject({ gb: 4, dollars: 2 * bootVcpuSeconds * 0.01, pricesOf: 'yours' })
  expect(await readFile(`${out}.html`, 'utf8')).toContain('your prices')
})

test('a saved result compares with another one by exit status', async () => {
  await start()
  await bench('--scenarios', 'cold', '--messages', '20')
  expect(await run('--compare', `${out}.json`, `${out}.json`)).toBe(0)
  expect(last.stdout).toContain('No real change was found.')
  expect(await run('--json', '--compare', `${out}.json`, `${out}.json`)).toBe(0)
  expect(await run('--compare', `${out}.json`, `${out}.html`)).toBe(2)
  // As an editor of Windows saves it.
  await writeFile(`${out}.json`, `\uFEFF${await readFile(`${out}.json`, 'utf8')}`)
  expect(await run('--compare', `${out}.json`, `${out}.json`)).toBe(0)
})

test.each([
  ['null', /it is not a result/],
  ['{"format":"warm-agent-bench/1"}', /it is not a result/],
  ['{"format":"warm-agent-bench/1","setup":{},"scenarios":{"cold":{}}}', /it is not a result/],
  ['{"format":"warm-agent-bench/1","setup":{},"scenarios":{"cold":{"failures":{},"samples":[null]}}}', /it is not a/],
  ['{"format":"warm-agent-bench/1","setup":null,"scenarios":{"cold":{"failures":{},"samples":[]}}}', /it is not a/],
  ['{"format":"warm-agent-bench/1","setup":{},"scenarios":{}}', /no scenario in common/],
])('%s is nothing to compare, in a sentence', async (text, message) => {
  await writeFile(`${out}.json`, text)
  expect(await run('--compare', `${out}.json`, `${out}.json`)).toBe(2)
  expect(last.stderr).toMatch(message)
  expect(last.stderr).toMatch(/^Could not [^\n]+\n$/)
})

test.each([
  [['--rate', '5', '--concurrency', '2'], /--rate and --concurrency/],
  [['--arrivals', 'poisson'], /--arrivals/],
  [['--scenarios', 'cold,hot'], /"hot"/],
  [['--rate', '0'], /--rate.*"0"/],
  [['--message', '{'], /--message: it is not JSON/],
  [['--boot', 'lognormal:4900,2900'], /--boot: .*the p99 is below the median/],
  [['--agent', 'node agent.mjs', '--agent-runtime-arn', 'arn'], /--agent and --agent-runtime-arn/],
  [['--compare', 'only-one.json'], /two results/],
])('%j is refused in a sentence', async (args, message) => {
  vi.stubEnv('AGENT_RUNTIME_ARN', 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5')
  const status = args[0] === '--compare' ? await run(...args) : await bench(...args)
  expect(last.stderr).toMatch(message)
  expect(last.stderr).toMatch(/^Could not [^\n]+\n$/)
  expect(status).toBe(2)
})
