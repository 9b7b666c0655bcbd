import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aResult, aSample } from './bench/a-result.ts'
import { runCaptured } from './run-captured.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warm-agent-plan-'))
})

afterEach(() => rm(folder, { recursive: true }))

const run = (...args: string[]) => runCaptured('plan', ...args)

const article = ['--rate', '10', '--replenishment-ms', '3000']

test("for the article's case it says why 40 is not quite enough, and what is", async () => {
  const { status, stdout, stderr } = await run(...article)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^10 first messages per second.*a pool of 47 sessions\.\n/)
  expect(stdout.replace(/\s+/g, ' ')).toContain('40, a third more than that, is not quite enough')
  expect(stdout).toMatch(/ 40 +1\.4 % .*too small by 7/)
  expect(stdout).toMatch(/ 47 +0\.096 % .*smallest that is enough/)
  expect(stdout).toMatch(/ 52 +0\.0075 % /)
  expect(stdout).toContain('Prices and quotas of 2026-09')
  expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(110)
})

test('--json prints the whole plan', async () => {
  const { stdout } = await run(...article, '--json', '--miss-rate', '0.01%', '--pool-size', '45')
  const plan = JSON.parse(stdout)
  expect(plan).toMatchObject({ rung: 'pool', pool: { size: 52 }, demand: { ratePerSecond: 10, missRate: 0.0001 } })
  expect(plan.pool.sizes[0]).toMatchObject({ size: 45, verdict: 'too small by 7' })
})

test('a table of next to nothing is no wider than others', async () => {
  const { stdout } = await run('--rate', '1', '--pool-size', '200')
  expect(stdout).toMatch(/ 200 +under 0\.0000001 % +under 0\.000000001 /)
  expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(110)
})

test('the mean of leads can be given, or is assumed in the formula', async () => {
  const held = async (...args: string[]) => JSON.parse((await run('--rate', '0.5', '--json', ...args)).stdout)
  const given = await held('--mean-lead-ms', '6000', '--mean-intent-lead-ms', '4000')
  expect(given.demand).toMatchObject({ meanLeadMs: 6_000, meanIntentLeadMs: 4_000 })
  expect(given.ladder[0].formula).toContain('0.5/s × 6 s until they send =')
  expect((await held()).ladder[0].formula).toContain('(assumed: a log-normal lead with σ 1)')
})

test.each(['svg', 'html'])('--chart draws a self-contained %s file', async kind => {
  const file = join(folder, `plan.${kind}`)
  expect((await run(...article, '--chart', file)).status).toBe(0)
  const chart = await readFile(file, 'utf8')
  expect(chart).toContain(kind === 'svg' ? '<svg xmlns="http://www.w3.org/2000/svg"' : '<!doctype html>')
  for (const label of ['40: 1.4 %', '47: 0.096 %', '47: $696', 'wanted: 0.1 %']) expect(chart).toContain(label)
  expect(chart).toContain('prefers-color-scheme: dark')
  expect(chart).not.toMatch(/<script|<link(?! rel="icon" href="data:,")|@import|url\(|src=/)
  expect(chart).not.toMatch(/NaN|undefined/)
})

test('the replenishment time can come from a bench', async () => {
  const file = join(folder, 'bench.json')
  const result = aResult({ cold: [1], warm: [1, 1], pool: [1] })
  const { warm, pool } = result.scenarios
  const warmUps = (...times: number[]) =>
    times.map(tookMs => aSample(1, { warmUp: { tookMs, evidence: 'observed' as const } }))
  if (warm) warm.samples = [...warmUps(2000, 4000), { dueAtMs: 0, lateMs: 0, failedMs: 1, error: 'timeout' }]
  if (pool) pool.samples = warmUps(1)
  // As an editor of Windows saves it.
  await writeFile(file, `\uFEFF${JSON.stringify(result)}`)
  const { stdout } = await run('--rate', '10', '--bench', file, '--json')
  expect(JSON.parse(stdout).demand.replenishmentMs).toBe(3000)
})

test.each([
  ['no scenario at all', { warm: null }],
  ['samples that are none', { warm: { failures: {}, samples: 5 } }],
  ['a sample that is none', { warm: { failures: {}, samples: [null] } }],
  ['a time that is none', { warm: { failures: {}, samples: [{ firstTokenMs: 1, warmUp: { tookMs: 'abc' } }] } }],
])('of a bench that was edited by hand %s is no fault of ours', async (_, scenarios) => {
  const file = join(folder, 'bench.json')
  await writeFile(file, JSON.stringify({ format: 'warm-agent-bench/1', setup: {}, scenarios }))
  const { status, stderr } = await run('--rate', '10', '--bench', file)
  expect(stderr).toMatch(/^Could not read [^\n]*bench\.json: it is not a result of warm-agent bench\.[^\n]+\n$/)
  expect(status).toBe(2)
})

test.each([
  ['a plan that the quotas cannot refill', ['--rate', '30'], /Could not plan for 30 .*quota of 25/],
  ['no rate', [], /--rate: it is not set/],
  ['a senseless rate', ['--rate', 'many'], /--rate: "many" is not a number/],
  ['an unknown flag', [...article, '--replenish', '3'], /'--replenish'/],
  ['a word too many', [...article, 'now'], /'now'/],
  ['a miss rate of one', [...article, '--miss-rate', '100%'], /--miss-rate: "100%" is not a share/],
  ['an unknown platform', [...article, '--platform', 'v3'], /--platform: "v3" is none of/],
  ['a chart of no kind', [...article, '--chart', 'plan.png'], /--chart: "plan\.png" ends neither/],
  [
    'a chart nowhere',
    [...article, '--chart', '/nowhere/plan.svg'],
    /Could not write the chart "\/nowhere\/plan\.svg": ENOENT/,
  ],
  ['a bench that is not there', ['--rate', '1', '--bench', 'nowhere.json'], /nowhere\.json: ENOENT/],
  ['a bench that is none', ['--rate', '1', '--bench', 'package.json'], /package\.json: it is not a result/],
  ['two replenishment times', [...article, '--bench', 'x.json'], /--bench and --replenishment-ms together/],
  ['a send rate without a page', [...article, '--no-page', '--send-rate', '30%'], /--send-rate with --no-page/],
  [
    'idling past the lifetime',
    [...article, '--idle-seconds', '900', '--max-lifetime-seconds', '600'],
    /--idle-seconds/,
  ],
] as const)('%s is one sentence on stderr and exit status 2', async (_, args, message) => {
  const { status, stdout, stderr } = await run(...args)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^Could not [^\n]+\n$/)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})
