import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A fenced block of code. */
export interface Snippet {
  /** The file that it stands in, from the root of the repository. */
  readme: string
  /** The line of its first line of code, counted from 1. */
  line: number
  language: string
  code: string
}

// No URL: in a test with jsdom that is the page's.
const root = join(import.meta.dirname, '../..')

/** @returns the front page and every package's, by their paths. */
export async function readReadmes(): Promise<Map<string, string>> {
  const packages = (await readdir(join(root, 'packages'))).sort()
  const paths = ['README.md', ...packages.map(name => `packages/${name}/README.md`)]
  return new Map(await Promise.all(paths.map(async path => [path, await readFile(join(root, path), 'utf8')] as const)))
}

/** @returns all blocks of code of all READMEs, in their order. */
export async function readSnippets(): Promise<Snippet[]> {
  return [...(await readReadmes())].flatMap(([readme, text]) =>
    [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, language = '', code = ''], index, all) => ({
      readme,
      line: text.slice(0, all[index]?.index).split('\n').length + 1,
      language,
      code,
    })),
  )
}

/** @returns the block of a README that has this text. @throws when it is not one block. */
export async function snippetWith(readme: string, text: string): Promise<string> {
  const found = (await readSnippets()).filter(snippet => snippet.readme === readme && snippet.code.includes(text))
  const [only] = found
  if (found.length === 1 && only) return only.code
  throw new Error(`Could not take a block from ${readme}: ${found.length} of them have "${text}".`)
}
