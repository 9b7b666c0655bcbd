import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { setUpBench } from './set-up-bench.ts'

const { start, run, bench, current } = setUpBench()

test.each<[string, string, () => Promise<unknown>]>([
  ['below a file', '/report', () => writeFile(current.out, '')],
  ['in a folder without a name', '/', async () => {}],
  ['named as a folder is', '', () => mkdir(current.out)],
  ['where a folder has the name of the result', '', () => mkdir(`${current.out}.json`)],
])('a report that could not be written is known before anything is measured: %s', async (_, path, prepare) => {
  const { calls } = await start()
  await prepare()
  expect(await run('--out', `${current.out}${path}`, '--messages', '1')).toBe(2)
  expect(current.last.stderr).toMatch(/^Could not use --out: [^\n]+\n$/)
  expect(calls).toEqual([])
  expect((await readdir(dirname(current.out))).filter(name => name.endsWith('.html'))).toEqual([])
})

test('a link that leads to no file yet is left as it was when nothing is measured', async () => {
  await start()
  await symlink('later.html', `${current.out}.html`)
  await mkdir(`${current.out}.json`)
  expect(await bench('--scenarios', 'cold', '--messages', '1')).toBe(2)
  expect((await readdir(dirname(current.out))).toSorted()).toEqual(['report.html', 'report.json'])
})

test.runIf(existsSync('/dev/full'))(
  'a disk that is full at the end leaves the table, and says so in a sentence',
  async () => {
    await start()
    await symlink('/dev/full', `${current.out}.json`)
    expect(await bench('--scenarios', 'cold', '--messages', '1')).toBe(1)
    expect(current.last.stdout).toMatch(/cold[\s\S]*report\.html\n$/)
    expect(current.last.stderr).toMatch(/\nCould not write [^\n]*report\.json: ENOSPC[^\n]*\.\n$/)
  },
)

test('a saved result compares with another one by exit status', async () => {
  await start()
  await bench('--scenarios', 'cold', '--messages', '20')
  expect(await run('--compare', `${current.out}.json`, `${current.out}.json`)).toBe(0)
  expect(current.last.stdout).toContain('No real change was found.')
  expect(await run('--json', '--compare', `${current.out}.json`, `${current.out}.json`)).toBe(0)
  expect(await run('--compare', `${current.out}.json`, `${current.out}.html`)).toBe(2)
  // As an editor of Windows saves it.
  await writeFile(`${current.out}.json`, `\uFEFF${await readFile(`${current.out}.json`, 'utf8')}`)
  expect(await run('--compare', `${current.out}.json`, `${current.out}.json`)).toBe(0)
})

test.each([
  ['null', /it is not a result/],
  ['{"format":"warm-agent-bench/1"}', /it is not a result/],
  ['{"format":"warm-agent-bench/1","setup":{},"scenarios":{"cold":{}}}', /it is not a result/],
  ['{"format":"warm-agent-bench/1","setup":{},"scenarios":{"cold":{"failures":{},"samples":[null]}}}', /it is not a/],
  ['{"format":"warm-agent-bench/1","setup":null,"scenarios":{"cold":{"failures":{},"samples":[]}}}', /it is not a/],
  ['{"format":"warm-agent-bench/1","setup":{},"scenarios":{}}', /no scenario in common/],
])('%s is nothing to compare, in a sentence', async (text, message) => {
  await writeFile(`${current.out}.json`, text)
  expect(await run('--compare', `${current.out}.json`, `${current.out}.json`)).toBe(2)
  expect(current.last.stderr).toMatch(message)
  expect(current.last.stderr).toMatch(/^Could not [^\n]+\n$/)
})
