import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../usage-error.ts'

/** Somebody's project, as it is on disk. Paths are relative to its folder, with `/`. */
export interface Project {
  folder: string
  manifest: Manifest
  /** @returns the text of a file, or `undefined` when there is none. */
  read(path: string): string | undefined
  has(path: string): boolean
  /** @returns the version range of a package that the project names as a dependency of its own. */
  rangeOf(name: string): string | undefined
}

interface Manifest {
  type?: string
  main?: string
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/** @throws UsageError when there is no package.json, or none that can be read. */
export function readProject(folder: string): Project {
  const read = (path: string) => (existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : undefined)
  const text = read('package.json')
  if (text === undefined) {
    throw new UsageError(
      `Could not find a project: there is no package.json in ${folder}. Run it in your project's folder, or give --directory.`,
    )
  }
  const manifest = parseManifest(text, folder)
  return {
    folder,
    manifest,
    read,
    has: path => existsSync(join(folder, path)),
    rangeOf: name => manifest.dependencies?.[name] ?? manifest.devDependencies?.[name],
  }
}

function parseManifest(text: string, folder: string): Manifest {
  try {
    const manifest = JSON.parse(text)
    if (typeof manifest === 'object' && manifest !== null) return manifest
    throw new Error('it is no object')
  } catch (cause) {
    throw new UsageError(
      `Could not read the package.json in ${folder}: ${(cause as Error).message}. Mend it, then run this again.`,
      { cause },
    )
  }
}
