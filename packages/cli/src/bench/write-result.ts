import { access, constants, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { renderReport } from '../report/render-report.ts'
import { UsageError } from '../usage-error.ts'
import type { BenchResult } from './bench-result.ts'

/**
 * Makes the folder of the report, before anything is measured and paid for that could not be written down.
 *
 * @throws UsageError when nothing can be written there.
 */
export async function prepareOutput(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await access(dirname(path), constants.W_OK)
  } catch (cause) {
    const why = (cause as Error).message
    throw new UsageError(`Could not use --out: ${why}. Give a path where a file can be written.`, { cause })
  }
}

/** Writes the report. @returns the files' names. */
export async function writeResult(path: string, result: BenchResult): Promise<string[]> {
  const [json, html] = [`${path}.json`, `${path}.html`]
  // A ten-thousandth of a millisecond will do.
  const round = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value)
  await writeFile(json, `${JSON.stringify(result, round, 1)}\n`)
  await writeFile(html, renderReport(result))
  return [html, json]
}
