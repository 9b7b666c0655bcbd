import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { withoutMark } from '../read-json.ts'
import { UsageError } from '../usage-error.ts'
import type { Change } from './change.ts'

/** Somebody's project, as it is on disk. Paths are relative to its folder, with `/`. */
export interface Project {
  folder: string
  manifest: Manifest
  /** @returns the text of a file, its lines ending in `\n`, without a byte order mark; `undefined` when there is no such file. */
  read(path: string): string | undefined
  /** @returns the change with the line ends and the byte order mark that the file has on disk. */
  inItsLineEnds(change: Change): Change
  has(path: string): boolean
  /** @returns the version range of a package, if it is a dependency of the project. */
  rangeOf(name: string): string | undefined
}

interface Manifest {
  type?: string
  main?: string
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/** @throws UsageError when there is no package.json, or none that can be read; each of its methods, for a file that cannot be read. */
export function readProject(folder: string): Project {
  const readRaw = (path: string) => readText(folder, path)
  const read = (path: string) => {
    const text = withoutMark(readRaw(path))
    return isOfWindows(text) ? text?.replaceAll('\r\n', '\n') : text
  }
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
    inItsLineEnds(change) {
      const before = readRaw(change.path)
      const mark = before === withoutMark(before) ? '' : '\uFEFF'
      const after = isOfWindows(before) ? change.after.replaceAll('\n', '\r\n') : change.after
      return { ...change, before, after: mark + after }
    },
    has: path => existsSync(join(folder, path)),
    rangeOf: name => manifest.dependencies?.[name] ?? manifest.devDependencies?.[name],
  }
}

/** @returns `undefined` when there is no such file. @throws UsageError for one that is no UTF-8: written again, it would be destroyed. */
function readText(folder: string, path: string): string | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(join(folder, path))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new UsageError(`Could not read ${path}: ${message}. Make it a file that you may read, then run init again.`, {
      cause,
    })
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    // UTF-16 without its mark: half of its bytes are zero.
    if (!text.includes('\0')) return text
  } catch {}
  throw new UsageError(`Could not read ${path}: it is not UTF-8. Save it as UTF-8 and run init again.`)
}

/** A file with both kinds of line ends is left as it is. */
const isOfWindows = (text = '') => text.includes('\r\n') && !/(?<!\r)\n/.test(text)

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
