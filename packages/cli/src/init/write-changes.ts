import type { Stats } from 'node:fs'
import { access, constants, lstat, mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '../usage-error.ts'
import type { Change } from './change.ts'

/** @throws UsageError for a file that cannot be written, before the first is. */
export async function checkWritable(folder: string, changes: readonly Change[]): Promise<void> {
  for (const { path, before } of changes) {
    try {
      if (before === undefined) await checkPlace(join(folder, path))
      else await access(join(folder, path), constants.W_OK)
    } catch (cause) {
      const why = (cause as Error).message
      throw new UsageError(
        `Could not write ${path}: ${why}. Nothing is changed. Make it writable, then run init again.`,
        { cause },
      )
    }
  }
}

/** @throws UsageError that names the file that could not be written, and those that were. */
export async function writeChanges(folder: string, changes: readonly Change[]): Promise<void> {
  const written: string[] = []
  for (const { path, after } of changes) {
    try {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), after)
    } catch (cause) {
      const others = written.length > 0 ? `Written already: ${written.join(', ')}` : 'No other file is written'
      throw new UsageError(
        `Could not write ${path}: ${(cause as Error).message}. ${others}. See that it is whole and writable, then run init again.`,
        { cause },
      )
    }
    written.push(path)
  }
}

/** Looks whether something can be made there, in the nearest folder above that exists. */
async function checkPlace(path: string): Promise<void> {
  // Written through, a link that leads nowhere makes a file where it points to, perhaps outside of the project.
  if (await isThere(lstat(path))) throw new Error(`${path} is a link that leads nowhere`)
  const folder = dirname(path)
  const found = await isThere(stat(folder))
  if (!found) return checkPlace(folder)
  if (!found.isDirectory()) throw new Error(`${folder} is no folder`)
  await access(folder, constants.W_OK)
}

async function isThere(looking: Promise<Stats>): Promise<Stats | undefined> {
  return looking.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
}
