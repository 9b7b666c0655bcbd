import { readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { setUpBench } from './set-up-bench.ts'

const { run, bench, current } = setUpBench()

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
  expect(current.last.stderr).toMatch(message)
  expect(current.last.stderr).toMatch(/^Could not [^\n]+\n$/)
  expect(status).toBe(2)
})

test('an endpoint that is no URL is refused in a sentence, before spending is confirmed', async () => {
  vi.stubEnv('AGENT_RUNTIME_ARN', 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5')
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', 'http://127.0.0.1:99999')
  expect(await bench()).toBe(2)
  expect(current.last.stderr).toMatch(/^Could not use the endpoint "http:\/\/127\.0\.0\.1:99999": [^\n]+\n$/)
})

test.each([
  ['an agent that does not start', [], /"node no-such-file\.mjs": .*Cannot find module/],
  ['a file of boots that is not there', ['--boot', 'file:no-such-file'], /option "boot" .*ENOENT/],
])('%s is told in a sentence, before anything is measured', async (_, args, message) => {
  expect(await bench('--agent', 'node no-such-file.mjs', ...args)).toBe(2)
  expect(current.last.stderr).toMatch(message)
  expect(current.last.stderr).toMatch(/^Could not start [^\n]+\n$/)
  await expect(readFile(`${current.out}.json`)).rejects.toThrow('ENOENT')
})

test('money on AWS is not spent unasked', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', undefined)
  const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
  const isTTY = Object.getOwnPropertyDescriptor(process.stdin, 'isTTY')
  Object.defineProperty(process.stdin, 'isTTY', { value: false, configurable: true })
  // Less than half a cent, which would be rounded to nothing.
  const status = await bench('--agent-runtime-arn', arn, '--messages', '1', '--max-cost', '0.004')
  Object.defineProperty(process.stdin, 'isTTY', isTTY ?? { value: undefined, configurable: true })
  expect(current.last.stderr).toMatch(
    /^Could not start the bench: nobody is there to confirm it\. .*about \$0\.01,.*--yes\.\n$/,
  )
  expect(status).toBe(2)
})
