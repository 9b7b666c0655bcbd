import { version } from '../version.ts'
import type { Change } from './change.ts'
import type { Project } from './project.ts'

/** The packages that the files import, where package.json does not name them yet. */
export function addDependencies(project: Project, names: string[], isTypeScript: boolean): Change[] {
  const path = 'package.json'
  const before = project.read(path) ?? ''
  const missing = names.filter(name => project.rangeOf(name) === undefined)
  const manifest = JSON.parse(before)
  if (missing.length > 0) {
    manifest.dependencies = sorted({
      ...manifest.dependencies,
      ...Object.fromEntries(missing.map(name => [name, `^${version}`])),
    })
  }
  // The files use `process.env`.
  const lacksTypes = isTypeScript && project.rangeOf('@types/node') === undefined
  if (lacksTypes) manifest.devDependencies = sorted({ ...manifest.devDependencies, '@types/node': '>=20' })
  if (missing.length === 0 && !lacksTypes) return []
  const [, indent = '  '] = /^([ \t]+)"/m.exec(before) ?? []
  return [{ path, before, after: `${JSON.stringify(manifest, null, indent)}\n` }]
}

const sorted = (dependencies: Record<string, string>) =>
  Object.fromEntries(Object.entries(dependencies).sort(([one], [other]) => (one < other ? -1 : 1)))
