import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { runCaptured } from './run-captured.ts'

const folders: string[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

type Files = Record<string, string>

async function project(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'warm-agent-init-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

async function filesOf(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files: Files = {}
  for (const entry of entries.filter(entry => entry.isFile())) {
    const path = join(entry.parentPath, entry.name)
    files[path.slice(folder.length + 1)] = await readFile(path, 'utf8')
  }
  return files
}

const run = (folder: string, ...flags: string[]) => runCaptured('init', '--directory', folder, ...flags)

const manifest = (dependencies: Record<string, string>, more: object = {}) =>
  `${JSON.stringify({ name: 'theirs', ...more, dependencies }, null, 4)}\n`

const next: Files = {
  'package.json': manifest({ next: '^16.4.0', react: '19.3.1' }),
  'tsconfig.json': '{}',
  'src/app/page.tsx': 'export default () => null\n',
  '.env.example': 'DATABASE_URL=\nAGENT_RUNTIME_ARN=arn:of:ours\n',
}
const vite: Files = {
  'package.json': manifest({ vite: '8.3.8', react: '19.3.1' }, { type: 'module' }),
  'tsconfig.json': '{ "references": [{ "path": "./tsconfig.node.json" }] }',
  'tsconfig.node.json': '{ "compilerOptions": { "allowImportingTsExtensions": true } }',
  'vite.config.ts': `import { defineConfig } from 'vite'
import react from '@vitejs/plugin-react'

// https://vite.dev/config/
export default defineConfig({
  plugins: [react()],
})
`,
  'src/main.tsx': '',
}
const express: Files = {
  'package.json': manifest({ express: '^5.0.0' }, { scripts: { start: 'node src/web.js' } }),
  'src/web.js': `const express = require("express");
const app = express();

app.use(express.json());
app.listen(3000);
`,
}

test.each([
  ['Next.js', next, ['src/app/api/agent/[...path]/route.ts', 'src/app/use-agent.ts']],
  ['Vite', vite, ['warm-agent-proxy.ts', 'src/use-agent.ts', 'vite.config.ts']],
  ['Express', express, ['src/warm-agent.mjs', 'src/web.js']],
] as const)('%s: shows the diff, and writes nothing on a dry run', async (_, before, paths) => {
  const folder = await project(before)
  const { status, stdout } = await run(folder, '--dry-run')
  expect(status).toBe(0)
  for (const path of [...paths, '.env.example', 'package.json']) expect(stdout).toContain(`+++ b/${path}\n`)
  expect(await filesOf(folder)).toEqual(before)
})

test.each([
  ['Next.js', next, 3000],
  ['Vite', vite, 5173],
  ['Express', express, 3000],
])('%s: tells what is left to do, and a second run finds nothing to add', async (_, before, port) => {
  const folder = await project(before)
  const { status, stdout } = await run(folder, '--yes')
  expect(status).toBe(0)
  expect(stdout).toMatch(/Next:\n1\. npm install\n/)
  expect(stdout).toContain(`npx warm-agent doctor --proxy-url http://localhost:${port}/api/agent`)
  const after = await filesOf(folder)
  expect(after).not.toEqual(before)
  expect(await run(folder)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Nothing to add/) })
  expect(await filesOf(folder)).toEqual(after)
})

test.each([next, vite, express])('the diff that is shown is the change that is made', async before => {
  const shown = await project(before)
  const { stdout } = await run(shown, '--dry-run')
  execFileSync('git', ['apply', '--unsafe-paths', '-'], { cwd: shown, input: stdout })
  const written = await project(before)
  await run(written, '--yes')
  expect(await filesOf(shown)).toEqual(await filesOf(written))
})

test('what is there stays: variables, dependencies, the indentation, and what the user made of the files', async () => {
  const folder = await project(next)
  await run(folder, '--yes')
  const { '.env.example': env = '', 'package.json': after = '' } = await filesOf(folder)
  expect(env.startsWith(next['.env.example'] ?? '')).toBe(true)
  expect(env.match(/^AGENT_RUNTIME_ARN=/gm)).toHaveLength(1)
  expect(env).toMatch(/^WARM_AGENT_SECRET=$/m)
  expect(after).toMatch(/^ {4}"dependencies"/m)
  expect(JSON.parse(after).dependencies).toMatchObject({
    '@warm-agent/agentcore': expect.stringMatching(/^\^\d/),
    '@warm-agent/proxy': expect.stringMatching(/^\^\d/),
    '@warm-agent/react': expect.stringMatching(/^\^\d/),
    next: '^16.4.0',
  })

  const route = join(folder, 'src/app/api/agent/[...path]/route.ts')
  const theirs = (await readFile(route, 'utf8')).replace('() => null', 'request => ourUser(request)')
  await writeFile(route, theirs)
  await run(folder, '--yes')
  expect(await readFile(route, 'utf8')).toBe(theirs)
})

test('the files are in the words of the project', async () => {
  const inVite = await project(vite)
  await run(inVite, '--yes')
  const { 'vite.config.ts': config } = await filesOf(inVite)
  expect(config).toContain("import { warmAgentProxy } from './warm-agent-proxy.ts'\n")
  expect(config).toContain('plugins: [warmAgentProxy(), react()],')

  const inExpress = await project(express)
  await run(inExpress, '--yes')
  const { 'src/web.js': server } = await filesOf(inExpress)
  expect(server).toContain('const { warmAgent } = require("./warm-agent.mjs");\n')
  expect(server).toContain('const app = express();\napp.use("/api/agent", warmAgent);\n\napp.use(express.json());')

  const { 'tsconfig.json': _, ...plain } = next
  const inJavaScript = await project(plain)
  await run(inJavaScript, '--yes')
  const { 'src/app/api/agent/[...path]/route.js': route } = await filesOf(inJavaScript)
  expect(route).toContain('let proxy\n')
})

test.each<[string, Files, RegExp]>([
  ['no package.json', {}, /no package\.json in .* Run it in your project's folder/],
  ['no JSON', { 'package.json': 'nothing' }, /Could not read the package\.json/],
  ['another framework', { 'package.json': manifest({ remix: '3' }) }, /neither next, nor vite, nor express/],
  ['an old Next.js', { 'package.json': manifest({ next: '12.3.0' }) }, /next 12\.3\.0 is older than 14/],
  [
    'two things at once',
    { ...vite, ...{ 'package.json': manifest({ vite: '8', express: '5' }) } },
    /--framework vite or/,
  ],
  [
    'a configuration of another shape',
    { ...vite, 'vite.config.ts': "import { config } from './ours'\nexport default config(plugins)\n" },
    /Could not add the proxy to vite\.config\.ts/,
  ],
  ['an app that is nowhere', { ...express, 'src/web.js': '' }, /Could not find the Express app/],
  [
    'a route that is somebody else’s',
    { ...next, 'src/app/api/agent/[...path]/route.ts': 'export const GET = 1\n' },
    /Could not add src\/app\/api\/agent\/\[\.\.\.path\]\/route\.ts: there is one already/,
  ],
])('%s is refused, and nothing is changed', async (_, before, words) => {
  const folder = await project(before)
  const { status, stderr } = await run(folder, '--yes')
  expect(status).toBe(2)
  expect(stderr).toMatch(words)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(await filesOf(folder)).toEqual(before)
})

test('without a terminal it asks for --yes, after the diff', async () => {
  const folder = await project(vite)
  const { status, stdout, stderr } = await run(folder)
  expect(status).toBe(2)
  expect(stdout).toContain('+++ b/vite.config.ts')
  expect(stderr).toMatch(/nobody is there to confirm it\. Give --yes/)
  expect(await filesOf(folder)).toEqual(vite)
})

test.each([
  ['y', 0, true],
  ['n', 2, false],
])('at a terminal it asks after the diff: %s', async (answer, status, isWritten) => {
  const folder = await project(vite)
  const terminal = Object.assign(new PassThrough(), { isTTY: true })
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(terminal as unknown as typeof process.stdin)
  terminal.write(`${answer}\n`)
  expect(await run(folder)).toMatchObject({ status, stdout: expect.stringContaining('+++ b/vite.config.ts') })
  expect('warm-agent-proxy.ts' in (await filesOf(folder))).toBe(isWritten)
})

test('of Vite and Express in one project, --framework says which', async () => {
  const both = {
    ...vite,
    ...express,
    'package.json': manifest({ vite: '8', express: '5', react: '19' }, { main: './src/web.js' }),
  }
  const folder = await project(both)
  expect(await run(folder, '--yes', '--framework', 'express')).toMatchObject({ status: 0 })
  expect(Object.keys(await filesOf(folder))).toEqual(expect.arrayContaining(['src/warm-agent.mjs', 'src/use-agent.js']))
})

test('it needs no more of a project than it reads', async () => {
  const folder = await project({ 'package.json': manifest({ vite: 'latest' }) })
  expect(await run(folder, '--yes')).toMatchObject({ status: 0 })
  const { 'vite.config.js': config, 'agent-session.js': session } = await filesOf(folder)
  expect(config).toContain('plugins: [warmAgentProxy()]')
  expect(session).toContain('createWarmSession')
})
