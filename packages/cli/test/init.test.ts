import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { proxySource } from '../src/init/proxy-source.ts'
import { isOn } from '../src/settings.ts'
import { aProject, express, type Files, filesOf, initIn, manifest, next, vite } from './a-project.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** As a checkout on Windows has them. */
const inWindows = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.replaceAll('\n', '\r\n')]))

/** As some editors of Windows write them: the byte order mark comes first. */
const withMarks = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [path, `\uFEFF${text}`]))

test.each([
  ['Next.js', next, ['src/app/api/agent/[...path]/route.ts', 'src/app/use-agent.ts']],
  ['Vite', vite, ['warm-agent-proxy.ts', 'src/use-agent.ts', 'vite.config.ts']],
  ['Express', express, ['src/warm-agent.mjs', 'src/web.js']],
] as const)('%s: shows the diff, and writes nothing on a dry run', async (_, before, paths) => {
  const folder = await aProject(before)
  const { status, stdout } = await initIn(folder, '--dry-run')
  expect(status).toBe(0)
  for (const path of [...paths, '.env.example', 'package.json']) expect(stdout).toContain(`+++ b/${path}\n`)
  expect(await filesOf(folder)).toEqual(before)
})

test.each([
  ['Next.js', next, 3000],
  ['Vite', vite, 5173],
  ['Express', express, 3000],
])('%s: tells what is left to do, and a second run finds nothing to add', async (_, before, port) => {
  const folder = await aProject(before)
  const { status, stdout } = await initIn(folder, '--yes')
  expect(status).toBe(0)
  expect(stdout).toMatch(/Next:\n1\. npm install\n/)
  expect(stdout).toContain(`npx warm-agent doctor --proxy-url http://localhost:${port}/api/agent`)
  const after = await filesOf(folder)
  expect(after).not.toEqual(before)
  expect(await initIn(folder)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Nothing to add/) })
  expect(await filesOf(folder)).toEqual(after)
})

test.each([next, vite, express].flatMap(files => [files, inWindows(files), withMarks(files)]))(
  'the diff that is shown is the change that is made',
  async before => {
    const shown = await aProject(before)
    const { stdout } = await initIn(shown, '--dry-run')
    execFileSync('git', ['apply', '--unsafe-paths', '-'], { cwd: shown, input: stdout })
    const written = await aProject(before)
    await initIn(written, '--yes')
    expect(await filesOf(shown)).toEqual(await filesOf(written))
  },
)

test('what is there stays: variables, dependencies, the indentation, and what the user made of the files', async () => {
  const folder = await aProject(next)
  await initIn(folder, '--yes')
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
  await initIn(folder, '--yes')
  expect(await readFile(route, 'utf8')).toBe(theirs)
})

test('the files are in the words of the project', async () => {
  const inVite = await aProject(vite)
  await initIn(inVite, '--yes')
  const { 'vite.config.ts': config } = await filesOf(inVite)
  expect(config).toContain("import { warmAgentProxy } from './warm-agent-proxy.ts'\n")
  expect(config).toContain('plugins: [warmAgentProxy(), react()],')

  const inExpress = await aProject(express)
  await initIn(inExpress, '--yes')
  const { 'src/web.js': server } = await filesOf(inExpress)
  expect(server).toContain('const { warmAgent } = require("./warm-agent.mjs");\n')
  expect(server).toContain('const app = express();\napp.use("/api/agent", warmAgent);\n\napp.use(express.json());')

  const { 'tsconfig.json': _, ...plain } = next
  const inJavaScript = await aProject(plain)
  await initIn(inJavaScript, '--yes')
  const { 'src/app/api/agent/[...path]/route.js': route } = await filesOf(inJavaScript)
  expect(route).toContain('let proxy\n')
})

test.each([next, vite, express])(
  'in a project with the line ends of Windows, files that were there keep them',
  async before => {
    const folder = await aProject(inWindows(before))
    expect(await initIn(folder, '--yes')).toMatchObject({ status: 0 })
    const unix = await aProject(before)
    await initIn(unix, '--yes')
    const [after, expected] = [await filesOf(folder), await filesOf(unix)]
    expect(after).toEqual({
      ...expected,
      ...inWindows(Object.fromEntries(Object.keys(before).map(path => [path, expected[path] ?? '']))),
    })
  },
)

test('a new .env.example is for git, where .gitignore means .env alone', async () => {
  const { '.env.example': _, ...bare } = next
  const ignores = '# env files\n.env*\n\n.vercel\n'
  const folder = await aProject({ ...bare, '.gitignore': ignores })
  await initIn(folder, '--yes')
  expect((await filesOf(folder))['.gitignore']).toBe('# env files\n.env*\n!.env.example\n\n.vercel\n')
  expect(await initIn(folder)).toMatchObject({ stdout: expect.stringMatching(/^Nothing to add/) })

  const theirs = await aProject({ ...next, '.gitignore': ignores })
  await initIn(theirs, '--yes')
  expect((await filesOf(theirs))['.gitignore']).toBe(ignores)
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
  const folder = await aProject(before)
  const { status, stderr } = await initIn(folder, '--yes')
  expect(status).toBe(2)
  expect(stderr).toMatch(words)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(await filesOf(folder)).toEqual(before)
})

test('without a terminal it asks for --yes, after the diff', async () => {
  const folder = await aProject(vite)
  const { status, stdout, stderr } = await initIn(folder)
  expect(status).toBe(2)
  expect(stdout).toContain('+++ b/vite.config.ts')
  expect(stderr).toMatch(/nobody is there to confirm it\. Give --yes/)
  expect(await filesOf(folder)).toEqual(vite)
})

test.each([
  ['y', 0, true],
  ['n', 2, false],
])('at a terminal it asks after the diff: %s', async (answer, status, isWritten) => {
  const folder = await aProject(vite)
  const terminal = Object.assign(new PassThrough(), { isTTY: true })
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(terminal as unknown as typeof process.stdin)
  terminal.write(`${answer}\n`)
  expect(await initIn(folder)).toMatchObject({ status, stdout: expect.stringContaining('+++ b/vite.config.ts') })
  expect('warm-agent-proxy.ts' in (await filesOf(folder))).toBe(isWritten)
})

test('of Vite and Express in one project, --framework says which', async () => {
  const both = {
    ...vite,
    ...express,
    'package.json': manifest({ vite: '8', express: '5', react: '19' }, { main: './src/web.js' }),
  }
  const folder = await aProject(both)
  expect(await initIn(folder, '--yes', '--framework', 'express')).toMatchObject({ status: 0 })
  expect(Object.keys(await filesOf(folder))).toEqual(expect.arrayContaining(['src/warm-agent.mjs', 'src/use-agent.js']))
})

test('it needs no more of a project than it reads', async () => {
  const folder = await aProject({ 'package.json': manifest({ vite: 'latest' }) })
  expect(await initIn(folder, '--yes')).toMatchObject({ status: 0 })
  const { 'vite.config.js': config, 'agent-session.js': session } = await filesOf(folder)
  expect(config).toContain('plugins: [warmAgentProxy()]')
  expect(session).toContain('createWarmSession')
})

test.each(['1', 'true', '0', 'false', undefined])(
  'WARM_AGENT_ANONYMOUS=%s is to its code what it is to the command',
  word => {
    vi.stubEnv('WARM_AGENT_ANONYMOUS', word)
    const make = new Function(
      'createWarmProxy',
      'createAgentCoreRuntime',
      'anonymousCallers',
      `${proxySource}return createProxy()`,
    )
    const { authorize } = make(
      (options: object) => options,
      () => ({}),
      () => () => 'anybody',
    )
    expect(authorize()).toBe(isOn(word) ? 'anybody' : null)
  },
)
