import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Pack {
  name: string
  /** The package's folder in the clean copy, built. */
  folder: string
  tarball: string
  manifest: Manifest
  /** What is in the tarball, by path. */
  files: string[]
}

interface Packed {
  name: string
  filename: string
  files: { path: string }[]
}

interface Manifest {
  name: string
  version: string
  license?: string
  engines?: { node?: string }
  sideEffects?: boolean | string[]
  exports?: Record<string, Record<string, string>>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/**
 * Builds and packs every package in a copy that holds sources alone: as a release from a fresh clone, and without
 * what old builds have left in `dist`.
 *
 * @param copy An empty folder outside of this repository, which is the caller's to remove.
 */
export async function buildPacks(copy: string): Promise<Pack[]> {
  const folders = await readdir(join(root, 'packages'))
  await cp(join(root, 'tsconfig.json'), join(copy, 'tsconfig.json'))
  await mkdir(join(copy, 'node_modules/@warm-agent'), { recursive: true })
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name.startsWith('@warm-agent') || name === 'warm-agent') continue
    await symlink(join(root, 'node_modules', name), join(copy, 'node_modules', name))
  }
  for (const name of folders) await copyPackage(name, copy)
  await run(copy, join(root, 'node_modules/.bin/tsc'), '-b', ...folders.map(name => `packages/${name}`))
  await writeFile(join(copy, 'package.json'), JSON.stringify({ private: true, workspaces: ['packages/*'] }))
  const packed = JSON.parse(await run(copy, 'npm', 'pack', '--workspaces', '--json'))
  const manifests = await Promise.all(
    folders.map(name => readFile(join(copy, 'packages', name, 'package.json'), 'utf8')),
  )
  return folders.map((name, index) => {
    const manifest: Manifest = JSON.parse(manifests[index] ?? '')
    // An array with npm 10, an object by name with npm 11 and newer.
    const { filename, files } = (Object.values(packed) as Packed[]).find(one => one.name === manifest.name) as Packed
    return {
      name: manifest.name,
      folder: join(copy, 'packages', name),
      tarball: join(copy, filename),
      manifest,
      files: files.map(({ path }) => path),
    }
  })
}

async function copyPackage(name: string, copy: string): Promise<void> {
  const from = join(root, 'packages', name)
  const to = join(copy, 'packages', name)
  await cp(from, to, { recursive: true, filter: path => !/\/(dist|test|node_modules)$/.test(path) })
  await symlink(to, join(copy, 'node_modules', JSON.parse(await readFile(join(to, 'package.json'), 'utf8')).name))
  // What npm could not hoist. Where there is nothing, the link leads nowhere, which nobody minds.
  await symlink(join(from, 'node_modules'), join(to, 'node_modules'))
}
