import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const directory = mkdtempSync(join(tmpdir(), 'warm-agent-pool-'))
const file = join(directory, 'index.cjs')
afterAll(() => rmSync(directory, { recursive: true, force: true }))

beforeAll(async () => {
  // As the CDK construct has it done.
  await build({
    entryPoints: [fileURLToPath(new URL('../src/lambda/main.ts', import.meta.url))],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    conditions: ['@warm-agent/source'],
  })
})

const environment = {
  AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:eu-central-1:123456789012:runtime/my_agent-0123456789',
  POOL_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/pool.fifo',
  POOL_REFILL_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/refills',
  POOL_TARGET: '47',
  AWS_REGION: 'eu-central-1',
}

function load(variables: Record<string, string>) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  const require = createRequire(import.meta.url)
  delete require.cache[file]
  return require(file)
}

test('the bundle of the functions exports what Lambda calls', () => {
  expect(load(environment)).toMatchObject({
    getSession: expect.any(Function),
    replenish: expect.any(Function),
    keepAlive: expect.any(Function),
  })
})

test.each([
  ['POOL_TARGET', 'many'],
  ['POOL_QUEUE_URL', ''],
])('a setting %s of "%s" is one clear sentence', (name, value) => {
  expect(() => load({ ...environment, [name]: value })).toThrow(new RegExp(`Could not start the pool: ${name} is`))
})
