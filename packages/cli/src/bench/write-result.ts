import { existsSync, statSync } from 'node:fs'
import { mkdir, open, realpath, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { renderReport } from '../report/render-report.ts'
import { UsageError } from '../usage-error.ts'
import type { BenchResult } from './bench-result.ts'

const filesOf = (path: string) => ({ html: `${path}.html`, json: `${path}.json` })

/**
 * Makes the folder of the report and tries to open its files, before anything is measured that could then not be saved.
 *
 * @throws UsageError when nothing can be written there.
 */
export async function prepareOutput(path: string): Promise<void> {
  try {
    const isFolder = /(^|[/\\])$/.test(path) || statSync(path, { throwIfNoEntry: false })?.isDirectory()
    if (isFolder) throw new Error(`"${path}" is a folder, and names no file in it`)
    await mkdir(dirname(path), { recursive: true })
    for (const file of Object.values(filesOf(path))) {
      const isNew = !existsSync(file)
      await (await open(file, 'a')).close()
      // Removes what `open` has made, not a link that leads there.
      if (isNew) await rm(await realpath(file))
    }
  } catch (cause) {
    const why = (cause as Error).message
    throw new UsageError(`Could not use --out: ${why}. Give a path where a file can be written.`, { cause })
  }
}

/** Writes the report, and prints the names of its files. @returns whether all of them were written. */
export async function writeResult(path: string, result: BenchResult): Promise<boolean> {
  const { html, json } = filesOf(path)
  // Four decimals of a millisecond are enough.
  const round = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value)
  const hasPage = await write(html, renderReport(result))
  return (await write(json, `${JSON.stringify(result, round, 1)}\n`)) && hasPage
}

async function write(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text)
    process.stdout.write(`${file}\n`)
    return true
  } catch (cause) {
    process.stderr.write(
      `Could not write ${file}: ${(cause as Error).message}. Its figures are in the table; make room before the next bench.\n`,
    )
    return false
  }
}
