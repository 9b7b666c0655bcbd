import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runCaptured } from './run-captured.ts'

const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
const noEndpoint = { AWS_ENDPOINT_URL_BEDROCK_AGENTCORE: undefined, AWS_ENDPOINT_URL: undefined }
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warm-agent-confirm-'))
  await writeFile(join(folder, 'package.json'), '{"dependencies":{"vite":"8.3.8"}}\n')
  for (const [name, value] of Object.entries({ ...noEndpoint, AGENT_RUNTIME_ARN: arn })) vi.stubEnv(name, value)
})

afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

/** Runs it at a terminal where somebody presses these keys. */
async function runAtTerminal(keys: string, ...args: string[]) {
  const terminal = Object.assign(new PassThrough(), { isTTY: true })
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(terminal as unknown as typeof process.stdin)
  const { isTTY } = process.stderr
  process.stderr.isTTY = true
  terminal.write(keys)
  try {
    return await runCaptured(...args)
  } finally {
    process.stderr.isTTY = isTTY
  }
}

const commands = {
  bench: () => ['bench', '--out', join(folder, 'report')],
  doctor: () => ['doctor'],
  init: () => ['init', '--directory', folder],
}
const keys = { 'Ctrl-C': '\x03', 'Ctrl-D': '\x04', 'n and Enter': 'n\r' }

test.each(
  (['bench', 'doctor', 'init'] as const).flatMap(command =>
    (['Ctrl-C', 'Ctrl-D', 'n and Enter'] as const).map(key => [command, key] as const),
  ),
)('%s takes %s for a no, in one sentence and with exit status 2', async (command, key) => {
  const { status, stderr } = await runAtTerminal(keys[key], ...commands[command]())
  expect(stderr).toMatch(/Could not [^\n]+: it was not confirmed\. Answer y, or give --yes[^\n]*\.\n$/)
  expect(stderr).not.toContain('AbortError')
  expect(status).toBe(2)
})
