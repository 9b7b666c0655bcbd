import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { renderReport } from '../report/render-report.ts'
import type { BenchResult } from './bench-result.ts'

/** Writes the report. @returns the files' names. */
export async function writeResult(path: string, result: BenchResult): Promise<string[]> {
  await mkdir(dirname(path), { recursive: true })
  const [json, html] = [`${path}.json`, `${path}.html`]
  // A ten-thousandth of a millisecond will do.
  const round = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(4)) : value)
  await writeFile(json, `${JSON.stringify(result, round, 1)}\n`)
  await writeFile(html, renderReport(result))
  return [html, json]
}
