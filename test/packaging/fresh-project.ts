import { cp, mkdtemp, realpath, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Pack } from './build-packs.ts'
import { run } from './run.ts'

const { devDependencies } = createRequire(import.meta.url)('../../package.json')

/** An empty folder outside of this repository. */
export async function freshFolder(name: string): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), `warm-agent-${name}-`)))
}

/** Somebody's project outside of this repository, with warm-agent installed as from a registry. @returns its folder. */
export async function freshProject(
  template: string,
  packs: Pack[],
  wanted: { packs: string[]; others: string[] },
): Promise<string> {
  const folder = await freshFolder(template)
  await cp(fileURLToPath(new URL(`projects/${template}`, import.meta.url)), folder, { recursive: true })
  const dependencies: Record<string, string> = {}
  for (const name of wanted.packs) dependencies[name] = `file:${packs.find(pack => pack.name === name)?.tarball}`
  // The versions that this repository has, so that npm finds them in its cache.
  for (const other of wanted.others) {
    const [name = '', version = devDependencies[other]] = other.split(/(?<=.)@/)
    dependencies[name] = version
  }
  const manifest = { name: `warm-agent-${template}`, version: '1.0.0', private: true, type: 'module', dependencies }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  await run(folder, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error')
  return folder
}
