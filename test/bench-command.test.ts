import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuildOptions, build } from 'esbuild'
import { afterAll, expect, test } from 'vitest'
import type { BenchResult } from '../packages/cli/src/bench/bench-result.ts'
import { stopAll, warmAgent, warmAgentOnce } from './support/command.ts'
import { startEmulate } from './support/emulate.ts'

const folders: string[] = []
afterAll(async () => {
  await stopAll()
  await Promise.all(folders.map(path => rm(path, { recursive: true })))
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'warm-agent-bench-'))
  folders.push(path)
  return path
}
const read = async (out: string) => JSON.parse(await readFile(`${out}.json`, 'utf8')) as BenchResult

test('measures a real agent in an emulator of its own: warm is faster than cold, the usual snippet runs into the 409, stamps tell the handler apart', async () => {
  const out = join(await folder(), 'report')
  const agent = join(await folder(), 'agent.mjs')
  const options: BuildOptions = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@warm-agent/source'],
  }
  await build({ entryPoints: ['test/bench/agent.ts'], outfile: agent, ...options })
  const command = [
    'bench',
    '--agent',
    `node ${agent}`,
    '--out',
    out,
    '--message',
    '{"thinkMs":100,"tokens":4,"everyMs":20}',
  ]
  const flags = ['--boot', 'fixed:500', '--messages', '2', '--concurrency', '2', '--delay-ms', '100', '--seed', '1']
  // In the shell of a user who works with a profile of AWS, which the bench does not need.
  const env = { AWS_PROFILE: 'of-the-user' }
  const { code, stderr } = await warmAgentOnce([...command, '--scenarios', 'cold,naive,warm', ...flags], env)
  expect({ code, stderr }).toMatchObject({ code: 0 })

  const result = await read(out)
  const { cold, naive, warm } = result.scenarios
  expect(cold?.outcomes).toEqual({ cold: 2 })
  expect(warm?.outcomes).toEqual({ warm: 2 })
  expect(naive?.failures).toEqual({ RetryableConflictException: 2 })
  expect(warm?.firstToken?.p50.value).toBeLessThan(cold?.firstToken?.p50.value ?? 0)
  expect(result.command).toContain('--seed 1')
  expect(warm?.samples[0]).toMatchObject({ tokens: 4, warmUp: { evidence: 'observed' } })
  expect(warm?.budget?.handler).toBeGreaterThanOrEqual(99)
  // On a busy machine tokens arrive together: then the stream is short, and never nothing.
  expect(warm?.budget?.stream).toBeGreaterThan(0)
  expect(warm?.startUp?.max).toBeLessThan((warm?.firstToken?.max ?? 0) - 98)
}, 60_000)

test('interrupted from outside, it leaves no microVM behind and writes what it measured', async () => {
  const out = join(await folder(), 'report')
  const { env, books } = await startEmulate('--boot', 'fixed:300')
  const bench = warmAgent(
    ['bench', '--scenarios', 'warm', '--messages', '1000', '--concurrency', '3', '--out', out],
    env,
  )
  await expect.poll(async () => (await books()).totals.vms, { timeout: 40_000 }).toBeGreaterThan(8)
  expect(await bench.stop('SIGINT')).toBe(130)
  expect((await books()).totals.live).toBe(0)
  const { endedBy, scenarios } = await read(out)
  expect(endedBy).toBe('signal')
  expect(scenarios.warm?.messages).toBeGreaterThan(0)
}, 60_000)
