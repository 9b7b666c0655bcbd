import { createRequire } from 'node:module'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build, type Format, type Platform } from 'esbuild'
import { type ComponentType, createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { type Rolldown, build as viteBuild } from 'vite'
import { expect, test } from 'vitest'
import { snippetWith } from './support/readme-snippets.ts'

const external = ['react', 'react/jsx-runtime']
const withDevtools = await snippetWith('packages/react/README.md', 'createDevtools()')
const without = `
  import { useWarmAgentSession } from '@warm-agent/react'
  export function ChatWithDevtools() {
    const session = useWarmAgentSession({ endpoint: '/api/agent' })
    return <><Chat fetch={session.fetch} /></>
  }`

interface How {
  /** What the bundler puts for `process.env.NODE_ENV`; nothing where it is not told. */
  nodeEnv?: string
  format?: Format
  platform?: Platform
}

/** What esbuild makes of a page's code; React itself does not count. */
async function byEsbuild(code: string, { nodeEnv, format = 'esm', platform = 'browser' }: How): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'tsx', resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    minify: true,
    format,
    platform,
    external,
    jsx: 'automatic',
    conditions: ['@warm-agent/source'],
    ...(nodeEnv && { define: { 'process.env.NODE_ENV': JSON.stringify(nodeEnv) } }),
  })
  return outputFiles[0]?.text ?? ''
}

/** The same by Rolldown, as Vite sets it up. */
async function byVite(code: string, { nodeEnv }: How): Promise<string> {
  const page = join(import.meta.dirname, 'page.tsx')
  const { output } = (await viteBuild({
    configFile: false,
    logLevel: 'error',
    // Under vitest the environment says `test`.
    define: { 'process.env.NODE_ENV': JSON.stringify(nodeEnv) },
    oxc: { jsx: { development: false } },
    resolve: { conditions: ['@warm-agent/source', 'module', 'browser'] },
    plugins: [{ name: 'page', resolveId: id => (id === page ? id : null), load: id => (id === page ? code : null) }],
    build: {
      write: false,
      rolldownOptions: { input: page, external, preserveEntrySignatures: 'strict' },
    },
  })) as Rolldown.RolldownOutput
  return output[0].code
}

const sizeOf = (text: string) => gzipSync(text, { level: 9 }).byteLength
const ofThePanel = /warm-agent-devtools|wa-panel|Escape|network held off|Could not expire/

test.each([
  ['esbuild', byEsbuild],
  ['Vite', byVite],
])(
  'a production bundle by %s has nothing of the devtools in it, a development bundle has the panel',
  async (_, bundle) => {
    const production = await bundle(withDevtools, { nodeEnv: 'production' })
    expect(production).not.toMatch(ofThePanel)
    // What is left are the functions that do nothing.
    expect(sizeOf(production) - sizeOf(await bundle(without, { nodeEnv: 'production' }))).toBeLessThan(200)

    const development = await bundle(withDevtools, { nodeEnv: 'development' })
    expect(development).toMatch(ofThePanel)
    expect(sizeOf(development) - sizeOf(production)).toBeGreaterThan(2000)
  },
)

test('the page is served in production without the panel, and in development with it', async () => {
  const html = async (nodeEnv: string) => {
    const page = evaluate(await byEsbuild(withDevtools, { nodeEnv, format: 'cjs' }))
    return renderToString(createElement(page.ChatWithDevtools as ComponentType))
  }
  expect(await html('production')).toBe('<p>The chat</p>')
  expect(await html('development')).toContain('aria-label="warm-agent devtools"')
})

const everything = `export * from '@warm-agent/react/devtools'`

test('a browser without `process`, whose bundler replaces nothing, gets none, and no error', async () => {
  const text = await byEsbuild(everything, { format: 'cjs', platform: 'neutral' })
  expect(text).toContain('process.env.NODE_ENV')
  const { createDevtools, WarmAgentDevtools } = evaluate(text) as typeof import('@warm-agent/react/devtools')
  const devtools = createDevtools()
  const options = { endpoint: '/api/agent' }
  expect(devtools.watch(options)).toBe(options)
  expect(renderToString(createElement(WarmAgentDevtools, { devtools, session }))).toBe('')
})

test('who wants it in a production build takes it from devtools/production', async () => {
  const code = withDevtools.replace('react/devtools', 'react/devtools/production')
  expect(await byEsbuild(code, { nodeEnv: 'production' })).toMatch(ofThePanel)
})

const session = { warm: async () => {}, close: async () => {} }

/** Runs a bundle where there is no `process`, and gives what it exports. */
function evaluate(text: string): Record<string, unknown> {
  const module = { exports: {} }
  const Chat = () => createElement('p', {}, 'The chat')
  runInNewContext(text, { module, require: createRequire(import.meta.url), Chat })
  return module.exports
}
