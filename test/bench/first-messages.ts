import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type BenchPlan, runBench } from '../../packages/cli/src/bench/run-bench.ts'
import type { ScenarioName } from '../../packages/cli/src/bench/scenarios.ts'

/** How long the stubbed agent thinks before its first token: a warm invoke on AWS takes as long (agentcore-samples, September 2026). */
const thinkMs = 150
/** How long after the page opened a user sends in the scenario `joined`. */
const typingMs = 1000
/** The article's benchmark of April 2026: a cold start takes 2.9 s at the median and 4.9 s at p99. */
const boot = { kind: 'lognormal', medianMs: 2900, p99Ms: 4900 } as const
const seed = 20_261_122
const atOnce = 6
const scenarios: ScenarioName[] = ['cold', 'naive', 'joined', 'warm', 'pool', 'steady']

/** The article's table: the command's own bench, on the emulator, with a stub of an agent. */
export async function measureFirstMessages(conversations: number, signal: AbortSignal) {
  const folder = await mkdtemp(join(tmpdir(), 'warm-agent-bench-'))
  const agent = join(folder, 'agent.mjs')
  // Bundled, so that the agent's own start is that of plain Node.
  await build({
    entryPoints: [fileURLToPath(new URL('agent.ts', import.meta.url))],
    outfile: agent,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@warm-agent/source'],
  })
  const message = JSON.stringify({ thinkMs, tokens: 20, everyMs: 5 })
  const plan: BenchPlan = {
    target: { arn: undefined, qualifiers: undefined, emulate: { agent: `node ${agent}`, boot, seed } },
    scenarios,
    load: { kind: 'closed', concurrency: atOnce },
    messages: conversations,
    seed,
    message,
    delayMs: typingMs,
    leadMs: 15_000,
    timeoutMs: 60_000,
    footprint: { platform: 'v2', gb: 1.2 },
    maxDollars: undefined,
    signal,
    onScenario: name => process.stderr.write(`${name} `),
    onSample: () => {},
  }
  try {
    return { plan, setup: { conversations, atOnce, seed, boot, thinkMs, typingMs }, measured: await runBench(plan) }
  } finally {
    await rm(folder, { recursive: true, force: true })
    process.stderr.write('\n')
  }
}
