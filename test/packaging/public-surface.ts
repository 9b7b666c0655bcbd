import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Pack } from './build-packs.ts'

/** One declaration file: what it declares, where the rest of its names come from, what it exports. */
interface DeclarationFile {
  declared: Map<string, string>
  imported: Map<string, { file: string; name: string }>
  exported: Map<string, { file: string; name: string }>
}

/** Strings are kept, and with them what looks like a comment in one. */
const stringsAndComments = /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|\/\*[\s\S]*?\*\/|\/\/.*$/gm
const declaration = /^(?:export )?(?:declare )?(?:abstract )?(?:const|function|class|interface|type|enum) (\w+)/
const clause = /^(import|export) (?:type )?\{([^}]*)\}(?: from ["']([^"']*)["'])?/

/**
 * What a package promises, as plain text that changes when the promise does: the declarations behind each entry point, and
 * those of the package's own that they mention. Made from what `tsc` emits, because TypeScript 7 has no API to ask.
 */
export function publicSurface({ name, folder, manifest }: Pack): string {
  const inside = new Map<string, string>()
  const entries = Object.entries(manifest.exports ?? {}).map(([path, { types = '' }]) => {
    const surface = new Map<string, string>()
    const entry = join(folder, types)
    for (const [word, place] of readDeclarations(entry).exported) {
      const found = resolve(place.file, place.name)
      surface.set(word, found.text)
      reach(found.file, found.text, inside)
    }
    return { title: name + path.slice(1), surface }
  })
  const promised = new Set(entries.flatMap(({ surface }) => [...surface.values()]))
  for (const [word, text] of inside) if (promised.has(text)) inside.delete(word)
  const parts = [...entries, { title: 'mentioned by them, without a name to import', surface: inside }]
  return parts.map(({ title, surface }) => `# ${title}\n\n${sorted(surface)}\n`).join('\n')
}

function sorted(surface: Map<string, string>): string {
  const texts = [...surface].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text)
  return texts.length > 0 ? texts.join('\n') : 'nothing'
}

/** Adds what a declaration mentions, and what that mentions. */
function reach(file: string, text: string, found: Map<string, string>): void {
  const { declared, imported } = readDeclarations(file)
  for (const word of new Set(text.replace(stringsAndComments, '').match(/\b[A-Za-z_]\w*\b/g))) {
    if (!declared.has(word) && !imported.has(word)) continue
    const mentioned = resolve(file, word)
    const key = `${word} ${mentioned.file}`
    if (mentioned.text === text || found.has(key)) continue
    found.set(key, mentioned.text)
    reach(mentioned.file, mentioned.text, found)
  }
}

function resolve(file: string, name: string): { file: string; text: string } {
  const { declared, imported, exported } = readDeclarations(file)
  const text = declared.get(name)
  if (text !== undefined) return { file, text }
  const elsewhere = imported.get(name) ?? exported.get(name)
  if (!elsewhere || (elsewhere.file === file && elsewhere.name === name)) {
    throw new Error(`Could not read the public surface: ${file} does not declare ${name}.`)
  }
  return resolve(elsewhere.file, elsewhere.name)
}

const files = new Map<string, DeclarationFile>()

function readDeclarations(file: string): DeclarationFile {
  const known = files.get(file)
  if (known) return known
  const read: DeclarationFile = { declared: new Map(), imported: new Map(), exported: new Map() }
  for (const statement of statementsOf(readFileSync(file, 'utf8'))) {
    const [, name = ''] = declaration.exec(statement) ?? []
    if (name) {
      // Overloads share a name.
      read.declared.set(name, [read.declared.get(name), statement].filter(Boolean).join('\n'))
      if (statement.startsWith('export ')) read.exported.set(name, { file, name })
    }
    const [, word, names = '', from] = clause.exec(statement) ?? []
    const isOurs = from === undefined || from.startsWith('.')
    if (word === 'import' && !isOurs) continue
    for (const one of names.split(',')) {
      const [its = '', local = its] = one
        .trim()
        .replace(/^type /, '')
        .split(' as ')
      if (!its) continue
      const place = {
        file: isOurs && from ? join(dirname(file), from.replace(/\.[jt]sx?$/, '.d.ts')) : file,
        name: its,
      }
      if (word === 'import') read.imported.set(local, place)
      else read.exported.set(local, place)
      // What another package declares is told there.
      if (!isOurs) read.declared.set(its, `export { ${one.trim()} } from '${from}';`)
    }
  }
  files.set(file, read)
  return read
}

/** What a statement of a declaration file begins with. Anything else goes on with the one above. */
const beginning = /^(?:export|import|declare|abstract|const|function|class|interface|type|enum)\b/

function statementsOf(text: string): string[] {
  const lines = text.replace(stringsAndComments, (_, string) => string ?? '').split('\n')
  const statements: string[] = []
  for (const line of lines) {
    if (line.trim() === '') continue
    if (beginning.test(line)) statements.push(line.trimEnd())
    else statements.push(`${statements.pop() ?? ''}\n${line.trimEnd()}`)
  }
  return statements
}
