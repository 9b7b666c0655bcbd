import { symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { aProject, filesOf, initIn, vite } from './a-project.ts'

const viteItself = dirname(fileURLToPath(import.meta.resolve('vite/package.json')))
const stub = (name: string, exports: object, source: string) => ({
  [`node_modules/@warm-agent/${name}/package.json`]: JSON.stringify({ type: 'module', exports }),
  [`node_modules/@warm-agent/${name}/index.js`]: source,
})

test('what .env and .env.local say holds as soon as Vite has restarted its server, but for what the shell says', async () => {
  const names = ['AGENT_RUNTIME_ARN', 'WARM_AGENT_SECRET', 'VITE_TITLE', 'WARM_AGENT_FROM_FILES']
  for (const name of names) vi.stubEnv(name, undefined)
  vi.stubEnv('WARM_AGENT_ANONYMOUS', 'of the shell')
  onTestFinished(() => void vi.unstubAllEnvs())
  const folder = await aProject({
    ...vite,
    'vite.config.ts': "import { defineConfig } from 'vite'\n\nexport default defineConfig({})\n",
    ...stub('agentcore', { '.': './index.js' }, 'export const createAgentCoreRuntime = () => {}'),
    ...stub(
      'proxy',
      { '.': './index.js', './node': './index.js' },
      'export const [anonymousCallers, createWarmProxy, toNodeHandler] = []',
    ),
  })
  await symlink(viteItself, join(folder, 'node_modules/vite'))
  await initIn(folder, '--yes')
  const server = await createServer({
    root: folder,
    logLevel: 'silent',
    server: { middlewareMode: true, ws: false, watch: null },
  })
  onTestFinished(() => server.close())
  const told = async (env: string, local: string) => {
    await writeFile(join(folder, '.env'), env)
    await writeFile(join(folder, '.env.local'), local)
    await server.restart()
    const { AGENT_RUNTIME_ARN, WARM_AGENT_SECRET, WARM_AGENT_ANONYMOUS } = process.env
    return [AGENT_RUNTIME_ARN, WARM_AGENT_SECRET, WARM_AGENT_ANONYMOUS, server.config.env.VITE_TITLE]
  }
  const page = 'VITE_TITLE=one\nWARM_AGENT_ANONYMOUS=1\n'
  expect(await told(`AGENT_RUNTIME_ARN=first\n${page}`, '')).toEqual(['first', undefined, 'of the shell', 'one'])
  expect(await told('AGENT_RUNTIME_ARN=second\nVITE_TITLE=two\n', 'WARM_AGENT_SECRET=own')).toEqual([
    'second',
    'own',
    'of the shell',
    'two',
  ])
  expect(await told('', '')).toEqual([undefined, undefined, 'of the shell', undefined])
})

test('a configuration that is a function, and a comment that speaks of plugins, are understood', async () => {
  const config = `import { defineConfig, loadEnv } from 'vite'

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, process.cwd(), '')
  return {
    // plugins: [legacy()],
    plugins: [react()],
    define: { title: env.TITLE },
  }
})
`
  const folder = await aProject({ ...vite, 'vite.config.ts': config })
  expect(await initIn(folder, '--yes')).toMatchObject({ status: 0 })
  const { 'vite.config.ts': after } = await filesOf(folder)
  expect(after).toContain('    // plugins: [legacy()],\n    plugins: [warmAgentProxy(), react()],\n')
})
