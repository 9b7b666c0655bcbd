import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { measureEarlyStarts } from './measure-early-starts.ts'

const measured = await measureEarlyStarts(20)
const { results } = measured
const file = fileURLToPath(new URL('early-result.json', import.meta.url))
await writeFile(file, `${JSON.stringify(measured, null, 2)}\n`)

process.stdout.write('Time from the start of the navigation to the arrival of POST /sessions, in milliseconds\n')
for (const [start, { p50Ms, p90Ms }] of Object.entries(results)) {
  process.stdout.write(`${start.padEnd(8)} p50 ${p50Ms}  p90 ${p90Ms}\n`)
}
