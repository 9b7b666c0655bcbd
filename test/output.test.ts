import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'

/** Starts the command with what its output goes to. */
function start(args: string[], stdio: StdioOptions): ChildProcess {
  const command = ['--conditions=@warm-agent/source', '--import', 'tsx', 'packages/cli/src/main.ts']
  return spawn(process.execPath, [...command, ...args], { stdio })
}

/** What it ended with, and what it said on stderr meanwhile. */
async function ended(child: ChildProcess) {
  const [stderr, [status]] = await Promise.all([child.stderr ? text(child.stderr) : '', once(child, 'close')])
  return { status, stderr }
}

const plan = ['plan', '--rate', '10']

test.runIf(existsSync('/dev/full'))(
  'output that a full disk does not take is one sentence and exit status 1',
  async () => {
    expect(await ended(start(plan, ['ignore', openSync('/dev/full', 'w'), 'pipe']))).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^Could not write to stdout: ENOSPC[^\n]+\n$/),
    })
  },
)

test.runIf(existsSync('/dev/full'))('where not even errors can be written the exit status still tells', async () => {
  const child = start(['plan'], ['ignore', 'ignore', openSync('/dev/full', 'w')])
  expect((await ended(child)).status).toBe(2)
})

test('a reader that has left, like head, is no error', async () => {
  const child = start(plan, ['ignore', 'pipe', 'pipe'])
  child.stdout?.destroy()
  expect(await ended(child)).toEqual({ status: 0, stderr: '' })
})

test('a bench whose reader has left measures to its end, and writes its report', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'warm-agent-output-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const out = join(folder, 'report')
  const agent = ['--agent', 'node packages/cli/test/doctor/agent.mjs', '--boot', 'fixed:0', '--scenarios', 'cold']
  const child = start(['bench', ...agent, '--messages', '1', '--out', out], ['ignore', 'pipe', 'pipe'])
  child.stdout?.destroy()
  child.stderr?.destroy()
  const [status] = await once(child, 'exit')
  expect(status).toBe(0)
  expect(JSON.parse(await readFile(`${out}.json`, 'utf8'))).toMatchObject({ endedBy: null })
})
