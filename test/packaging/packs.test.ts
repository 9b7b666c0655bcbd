// Slower than a test file should be, about a minute: it builds, packs and installs everything as a stranger would.
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Emulator, startEmulator } from '@warm-agent/emulator'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPacks, type Pack } from './build-packs.ts'
import { freshFolder, freshProject } from './fresh-project.ts'
import { publicSurface } from './public-surface.ts'
import { run } from './run.ts'
import { openSessionAt } from './serve.ts'

/** npm and compilers take half a minute or one; on a busy machine several. A guard against what hangs, nothing more. */
const longestMs = 300_000
const root = fileURLToPath(new URL('../..', import.meta.url))
const program = (name: string) => join(root, 'node_modules/.bin', name)
const leftovers: string[] = []
let packs: Pack[]
let libraries: Pack[]
let emulator: Emulator
/** What a user would write into `.env`. */
let env: Record<string, string>
const works = { events: ['lease', 'warm'], outcome: 'warm' }

beforeAll(async () => {
  const copy = await freshFolder('packs')
  leftovers.push(copy)
  packs = await buildPacks(copy)
  // The command is run, not imported.
  libraries = packs.filter(({ manifest }) => manifest.exports)
  emulator = await startEmulator({ agent: `node "${join(root, 'test/fixtures/agent.js')}"` })
  env = { ...emulator.env, WARM_AGENT_SECRET: 'a secret that is known to everybody', WARM_AGENT_ANONYMOUS: '1' }
}, longestMs)
afterAll(async () => {
  await emulator?.close()
  await Promise.all(leftovers.map(folder => rm(folder, { recursive: true, force: true })))
})

test('every package is packed, and publint has nothing to say', async () => {
  expect(packs).toHaveLength((await readdir(join(root, 'packages'))).length)
  for (const { name, tarball } of packs) {
    const packed = await readFile(tarball)
    const pack = { tarball: packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength) }
    const { messages, pkg } = await publint({ pack, strict: true })
    expect({ [name]: messages.map(message => formatMessage(message, pkg)) }).toEqual({ [name]: [] })
  }
}, 60_000)

test('a pack has the README, the licence, and nothing that only we need', async () => {
  const licence = await readFile(join(root, 'LICENSE'), 'utf8')
  for (const { name, folder, files, manifest } of packs) {
    expect(files, name).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']))
    expect(files.filter(path => /(^|\/)(test|node_modules)\/|\.test\.|tsconfig|tsbuildinfo/.test(path))).toEqual([])
    expect(await readFile(join(folder, 'LICENSE'), 'utf8')).toBe(licence)
    expect(manifest).toMatchObject({ license: 'MIT', engines: { node: '>=20.19' } })
    // Whoever debugs sees our TypeScript.
    for (const path of files.filter(path => path.endsWith('.js.map'))) {
      const { sources } = JSON.parse(await readFile(join(folder, path), 'utf8'))
      expect(files).toContain(join(path, '..', sources[0]))
    }
  }
})

test('all packages have one version, and ask for each other in exactly that', () => {
  const [version, ...others] = new Set(packs.map(({ manifest }) => manifest.version))
  expect(others).toEqual([])
  for (const { name, manifest } of packs) {
    const ours = Object.entries(manifest.dependencies ?? {}).filter(([wanted]) =>
      packs.some(one => one.name === wanted),
    )
    for (const [wanted, range] of ours) expect(range, `${wanted} for ${name}`).toBe(version)
  }
})

test('types come first, and importing changes nothing', async () => {
  for (const { name, manifest, files } of libraries) {
    expect(manifest.sideEffects, name).toBe(false)
    for (const conditions of Object.values(manifest.exports ?? {})) {
      expect(Object.keys(conditions)).toEqual(['types', '@warm-agent/source', 'default'])
      for (const path of Object.values(conditions)) expect(files).toContain(path.slice('./'.length))
    }
  }
})

test('what is for React says that it is for the browser', async () => {
  const react = packOf('@warm-agent/react')
  for (const { default: path = '' } of Object.values(react.manifest.exports ?? {})) {
    expect(await readFile(join(react.folder, path), 'utf8')).toMatch(/^'use client'/)
  }
})

// A change here is a change for users: tell it in a changeset, then `npx vitest run test/packaging -u`.
test('the public surface of every package is the one that was agreed on', async () => {
  for (const pack of libraries) {
    await expect(publicSurface(pack)).toMatchFileSnapshot(`../api/${pack.name.replace('@warm-agent/', '')}.txt`)
  }
})

// What follows waits for other processes, and for npm: all at the same time.
test.concurrent(
  'types resolve as the code does, says attw',
  async () => {
    for (const { tarball } of libraries) await run(root, program('attw'), tarball, '--profile', 'esm-only')
  },
  longestMs,
)

test.concurrent(
  'a Node server: proxy, pool, emulator and agent work together, types included, in ESM and from CommonJS',
  async () => {
    const names = ['agent', 'agentcore', 'emulator', 'pool', 'protocol', 'proxy'].map(name => `@warm-agent/${name}`)
    const folder = await project('node-server', [...names, 'warm-agent'], ['express', '@types/express', '@types/node'])
    await run(folder, program('tsc'))
    expect(JSON.parse(await run(folder, 'node', 'server.js'))).toEqual({
      events: ['event: lease', 'event: warm'],
      outcome: 'warm',
      answer: { text: 'You said: hello' },
      live: 0,
    })
    expect(await run(folder, 'node', 'common.cjs')).toBe('function')
    const plan = await run(folder, 'npx', 'warm-agent', 'plan', '--rate', '10', '--replenishment-ms', '3000', '--json')
    expect(JSON.parse(plan)).toHaveProperty('demand')

    await run(folder, 'npx', 'warm-agent', 'init', '--yes')
    expect(await openSessionAt(folder, env, 'node', 'app.cjs')).toEqual(works)
    await checkLicences(folder)
  },
  longestMs,
)

test.concurrent(
  'a page: it type-checks, its bundle has no server in it and no devtools, and its test plays the proxy',
  async () => {
    const others = ['react', 'react-dom', 'vite', '@vitejs/plugin-react', 'msw']
    const types = ['@types/react', '@types/react-dom', '@types/node']
    const folder = await project('vite-page', allNames(), [...others, ...types])
    await run(folder, 'npx', 'warm-agent', 'init', '--yes')
    await run(folder, program('tsc'))
    await run(folder, 'npx', 'vite', 'build')
    const assets = join(folder, 'dist/assets')
    const [bundle = ''] = await readdir(assets)
    const text = await readFile(join(assets, bundle), 'utf8')
    expect(text).toContain('Warm-Agent-Ticket')
    expect(text.match(/node:(http|crypto|stream)|aws-sdk|jwtDecrypt|ZodError|wa-bar|setupWorker/g)).toBeNull()
    expect(await readFile(join(folder, 'dist/index.html'), 'utf8')).toContain('Warm-Agent-Version')

    expect(await openSessionAt(folder, env, join(folder, 'node_modules/.bin/vite'), '--port', '0')).toEqual(works)

    expect(JSON.parse(await run(folder, program('tsx'), 'chat.ts'))).toEqual({
      outcome: 'warm',
      answer: 'Hello!',
      seen: 1,
    })
    const missing = JSON.parse(await run(folder, 'node', 'import-all.js', ...entryPoints()))
    // What only some need they install themselves: optional peers.
    expect(missing).toEqual(['@aws-sdk/client-sqs', 'aws-cdk-lib'])
    await checkLicences(folder)
  },
  longestMs,
)

test.concurrent(
  'a Next.js app, after warm-agent init: it is built without the devtools, and its route and hook work',
  async () => {
    const types = ['@types/react', '@types/react-dom', '@types/node']
    const folder = await project('next-app', allNames(), [
      'next@16.4.6',
      'typescript@5.9.3',
      'react',
      'react-dom',
      ...types,
    ])
    await run(folder, 'npx', 'warm-agent', 'init', '--yes')
    const next = join(folder, 'node_modules/.bin/next')
    await run(folder, next, 'build')
    const chunks = join(folder, '.next/static/chunks')
    const scripts = (await readdir(chunks, { recursive: true })).filter(path => path.endsWith('.js'))
    const text = (await Promise.all(scripts.map(path => readFile(join(chunks, path), 'utf8')))).join()
    expect(text).toContain('Warm-Agent-Ticket')
    expect(text.match(/wa-bar/)).toBeNull()
    expect(await openSessionAt(folder, env, next, 'start', '--port', '0')).toEqual(works)
  },
  longestMs,
)

function entryPoints(): string[] {
  return libraries.flatMap(({ name, manifest }) =>
    Object.keys(manifest.exports ?? {}).map(path => name + path.slice(1)),
  )
}

function allNames(): string[] {
  return packs.map(({ name }) => name)
}

function packOf(name: string): Pack {
  const pack = packs.find(pack => pack.name === name)
  if (!pack) throw new Error(`Could not find the package ${name}: it was not packed.`)
  return pack
}

async function project(template: string, names: string[], others: string[]): Promise<string> {
  const folder = await freshProject(template, packs, { packs: names, others })
  leftovers.push(folder)
  return folder
}

/** From the list of materials of what was really installed. */
async function checkLicences(folder: string): Promise<void> {
  const { components } = JSON.parse(await run(folder, 'npm', 'sbom', '--sbom-format=cyclonedx'))
  const free =
    /\b(MIT|MIT-0|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0|Unlicense|CC0-1\.0|Python-2\.0|MPL-2\.0)\b/
  const others = components.filter((one: { licenses?: object[] }) => !free.test(JSON.stringify(one.licenses ?? [])))
  expect(others.map(({ name }: { name: string }) => name)).toEqual([])
}
