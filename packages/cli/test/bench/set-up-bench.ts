import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, vi } from 'vitest'
import type { BenchResult } from '../../src/bench/bench-result.ts'
import { type Captured, runCaptured } from '../run-captured.ts'
import { type SeenCall, startDataPlane } from './a-data-plane.ts'

/** Gives every test of a file a folder for its report, and takes down what the last bench said. */
export function setUpBench() {
  const current = { out: '', last: { status: 0, stdout: '', stderr: '' } satisfies Captured as Captured }
  let plane: Awaited<ReturnType<typeof startDataPlane>> | undefined

  beforeEach(async () => {
    current.out = join(await mkdtemp(join(tmpdir(), 'warm-agent-bench-')), 'report')
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await plane?.close()
    plane = undefined
    await rm(dirname(current.out), { recursive: true })
  })

  async function run(...args: string[]): Promise<number> {
    current.last = await runCaptured('bench', ...args)
    return current.last.status
  }

  return {
    current,
    run,
    /** Runs a bench with its report in the folder. */
    bench: (...args: string[]) => run('--out', current.out, ...args),
    result: async () => JSON.parse(await readFile(`${current.out}.json`, 'utf8')) as BenchResult,
    /** Starts a data plane for the bench to measure. */
    async start(before?: (call: SeenCall) => Promise<void> | number | void) {
      plane = await startDataPlane(before)
      for (const [name, value] of Object.entries(plane.env)) vi.stubEnv(name, value)
      return plane
    },
  }
}
