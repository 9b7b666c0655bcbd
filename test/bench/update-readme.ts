import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Figures, naiveSentence, readmeTable } from './readme-figures.ts'

/** Puts the measured figures where the READMEs have the old ones, behind their `<!-- bench: … -->` marks. */
export async function updateReadme(
  results: Readonly<Record<string, Figures>>,
  early: { setup: { bundleBytes: number }; results: Record<'hook' | 'script', { p50Ms: number }> },
): Promise<void> {
  const { cold, warm } = results
  await edit('../../README.md', text => {
    const first = `**${cold?.p50Ms} ms cold → ${warm?.p50Ms} ms pre-warmed**`
    const withFirst = text.replace(/\*\*\d+ ms cold → \d+ ms pre-warmed\*\*/, first)
    const withTable = withFirst.replace(
      /(<!-- bench: table -->\n)(\|.*\n)+/,
      (_, mark: string) => `${mark}${readmeTable(results)}\n`,
    )
    return withTable.replace(/(<!-- bench: naive -->\n).*/, (_, mark: string) => mark + (naiveSentence(results) ?? ''))
  })
  const { hook, script } = early.results
  await edit('../../packages/client/README.md', text =>
    text
      .replace(
        /\*\*\d+ ms with the hook alone → \d+ ms with the script\*\*/,
        `**${hook.p50Ms} ms with the hook alone → ${script.p50Ms} ms with the script**`,
      )
      .replace(/\d+ kB of JavaScript/, `${Math.round(early.setup.bundleBytes / 1000)} kB of JavaScript`),
  )
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const file = fileURLToPath(new URL(path, import.meta.url))
  await writeFile(file, change(await readFile(file, 'utf8')))
}
