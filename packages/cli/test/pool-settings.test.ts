import { afterEach, expect, test, vi } from 'vitest'
import { runCommand } from '../src/run-command.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const proxy = {
  AGENT_RUNTIME_ARN: 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5',
  WARM_AGENT_SECRET: 'thirty-two bytes or more of something random',
  PORT: '0',
}
const nowhere = { WARM_AGENT_POOL_STORE: 'redis://:hunter2@127.0.0.1:1' }

test.each([
  [['pool'], {}, /WARM_AGENT_POOL_STORE .* is not set/],
  [['pool'], { WARM_AGENT_POOL_STORE: 'http://user:hunter2@localhost' }, /no URL of a Redis/],
  [['pool'], nowhere, /Redis does not answer/],
  [['pool', '--drain'], nowhere, /AGENT_RUNTIME_ARN .* is not set/],
  [['pool', '--drain'], { ...proxy, ...nowhere }, /Redis does not answer/],
  [['proxy', '--pool', '0'], proxy, /"0" is not a whole number from 1/],
  [['proxy', '--pool', 'lots'], proxy, /"lots" is not a whole number/],
  [['proxy', '--pool', 'adaptive', '--pool-ceiling', '0'], proxy, /ceiling/],
  [['proxy', '--pool', 'adaptive', '--pool-miss-rate', '1'], proxy, /miss-rate/i],
  [['proxy', '--pool-ceiling', '7'], proxy, /Could not use --pool-ceiling: there is no pool/],
  [['proxy', '--pool-store', 'redis://:hunter2@localhost'], proxy, /Could not use --pool-store: there is no pool/],
] as const)('%j with %j is one clear sentence, status 2, and no password', async (args, env, message) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const code = await runCommand([...args])
  const stderr = write.mock.calls.join('')
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^Could not [^\n]+\n$/)
  expect(stderr).not.toContain('hunter2')
  expect(code).toBe(2)
})
