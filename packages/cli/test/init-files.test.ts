import fs, { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { aProject, express, filesOf, initIn, manifest, next } from './a-project.ts'

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

/** In one sentence, and nothing is changed. */
async function expectRefusal(folder: string, words: RegExp) {
  const before = await filesOf(folder)
  const { status, stderr } = await initIn(folder, '--yes')
  expect(stderr).toMatch(words)
  expect(stderr).toMatch(/^Could not [^\n]+\n$/)
  expect(status).toBe(2)
  expect(await filesOf(folder)).toEqual(before)
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const variable = 'DATABASE_URL=\n'
test.each([
  ['the server in Latin-1', express, 'src/web.js', latin1(`// Gr\u00fc\u00dfe\n${express['src/web.js']}`)],
  ['package.json in Latin-1', next, 'package.json', latin1(manifest({ next: '16' }, { author: 'J\u00fcrgen' }))],
  ['.env.example in Latin-1', next, '.env.example', latin1('# f\u00fcr uns\n')],
  [
    '.env.example in UTF-16, as PowerShell 5 writes it',
    next,
    '.env.example',
    Buffer.from(`\uFEFF${variable}`, 'utf16le'),
  ],
  ['.env.example in UTF-16 without a mark', next, '.env.example', Buffer.from(variable, 'utf16le')],
])('%s is refused, and stays as it is', async (_, files, path, bytes) => {
  const folder = await aProject(files)
  await writeFile(join(folder, path), bytes)
  await expectRefusal(
    folder,
    new RegExp(`^Could not read ${path}: it is not UTF-8\\. Save it as UTF-8 and run init again`),
  )
  expect(await readFile(join(folder, path))).toEqual(bytes)
})

test('a file that is not UTF-8, and that would not be touched, is in nobody’s way', async () => {
  const { 'src/web.js': app = '', ...others } = express
  const folder = await aProject({ ...others, 'app.js': app })
  await writeFile(join(folder, 'server.js'), latin1('// Gr\u00fc\u00dfe'))
  expect(await initIn(folder, '--yes')).toMatchObject({ status: 0 })
})

test.each(['package.json', '.env.example'])('a %s that cannot be read is refused', async path => {
  const { [path]: _, ...files } = next
  const folder = await aProject(files)
  await mkdir(join(folder, path))
  await expectRefusal(folder, /^Could not read \S+: EISDIR.+ then run init again/)
})

test('a file where a folder must be is refused before anything is written', async () => {
  const { 'src/app/page.tsx': _, ...files } = next
  await expectRefusal(
    await aProject({ ...files, 'app/page.tsx': '', 'app/api': '' }),
    /^Could not write app\/api\/.+ENOTDIR/,
  )
  await expectRefusal(await aProject({ ...files, app: '' }), /^Could not write app\/api\/.+ENOTDIR/)
})

// Root may write everything.
test.each(['package.json', 'src/app'])('where %s must not be written, nothing is', async name => {
  const folder = await aProject(next)
  const { access } = fs
  vi.spyOn(fs, 'access').mockImplementation(async (path, mode) => {
    if (path === join(folder, name)) throw new Error('EACCES: permission denied')
    return access(path, mode)
  })
  syncBuiltinESMExports()
  await expectRefusal(folder, /^Could not write src\/app\/\S+: EACCES|^Could not write package\.json: EACCES/)
})

test.each(['src/app/use-agent.ts', 'src/app/api'])(
  'a link that leads nowhere, at %s, is not written through',
  async name => {
    const folder = await aProject(next)
    const outside = await aProject({})
    await symlink(join(outside, 'made-by-init'), join(folder, name))
    await expectRefusal(
      folder,
      /^Could not write src\/app\/\S+: \S+ is a link that leads nowhere\. Nothing is changed\./,
    )
    expect(await readdir(outside)).toEqual([])
  },
)

test('a link to a file that is there is written through: it is its owner’s choice', async () => {
  const folder = await aProject(next)
  const outside = await aProject({ 'package.json': next['package.json'] ?? '' })
  await rm(join(folder, 'package.json'))
  await symlink(join(outside, 'package.json'), join(folder, 'package.json'))
  expect((await initIn(folder, '--yes')).status).toBe(0)
  expect((await filesOf(outside))['package.json']).toContain('@warm-agent/')
})

test('a file that fails while it is written is named, with those that are written', async () => {
  const folder = await aProject(next)
  const { writeFile } = fs
  vi.spyOn(fs, 'writeFile').mockImplementation(async (path, text) => {
    if (path === join(folder, 'src/app/use-agent.ts')) throw new Error('ENOSPC: no space left on device')
    return writeFile(path, text)
  })
  syncBuiltinESMExports()
  const { status, stderr } = await initIn(folder, '--yes')
  expect(status).toBe(2)
  expect(stderr).toMatch(
    /^Could not write src\/app\/use-agent\.ts: ENOSPC.+ Written already: \S+route\.ts\. See .+\.\n$/,
  )
})
