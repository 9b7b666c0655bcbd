import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { readSnippets, type Snippet } from './support/readme-snippets.ts'

/** A project of its own inside the repository, so that packages resolve as for its tests. Git does not know it. */
const project = new URL('.snippets/', import.meta.url)
const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))

const snippets = await readSnippets()
const typed = snippets.filter(({ language }) => language === 'ts' || language === 'tsx')

beforeAll(async () => {
  await rm(project, { recursive: true, force: true })
  await mkdir(project, { recursive: true })
  await Promise.all(typed.map(snippet => writeFile(new URL(fileNameOf(snippet), project), asModule(snippet))))
  const given = ['given.d.ts', 'client-lambda.d.ts'].map(name => `../readme-context/${name}`)
  const files = [...given, ...typed.map(fileNameOf)]
  const configuration = { extends: '../readme-context/tsconfig.json', files }
  await writeFile(new URL('tsconfig.json', project), JSON.stringify(configuration))
})

test('every block of TypeScript in every README compiles, strictly', async () => {
  expect(typed.length).toBeGreaterThan(30)
  expect(await compile()).toEqual([])
}, 60_000)

test('no block is in a language that nothing checks', () => {
  const others = snippets.filter(({ language }) => !['ts', 'tsx', 'python', 'json', 'sh'].includes(language))
  expect(others.map(({ readme, line, language }) => `${readme}:${line} ${language}`)).toEqual([])
})

test('every block of JSON is JSON', () => {
  for (const { code } of snippets.filter(({ language }) => language === 'json')) JSON.parse(code)
})

/** @returns what the compiler has to say, with places in the READMEs. */
async function compile(): Promise<string[]> {
  const output = await new Promise<string>(resolve => {
    const args = [compiler, '--noEmit', '--pretty', 'false', '-p', fileURLToPath(project)]
    execFile(process.execPath, args, { cwd: fileURLToPath(project) }, (error, stdout, stderr) =>
      resolve(error ? stdout + stderr || error.message : ''),
    )
  })
  return output
    .split('\n')
    .filter(Boolean)
    .map(text =>
      text.replace(/^([^(\s]+)\((\d+),\d+\)/, (place, file: string, line: string) => {
        const snippet = typed.find(each => fileNameOf(each) === file)
        return snippet ? `${snippet.readme}:${snippet.line + Number(line) - 1}` : place
      }),
    )
}

function fileNameOf({ readme, line, language }: Snippet): string {
  return `${readme.replace('packages/', '').replace(/\/?README\.md/, '') || 'front'}-${line}.${language}`
}

/** Without it, a block that imports nothing would share its names with all others. */
function asModule({ code }: Snippet): string {
  return `${code}\nexport {}\n`
}
