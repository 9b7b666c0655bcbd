import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Page {
  /** Relative to the root of the repository, with forward slashes. */
  path: string
  markdown: string
}

/** @returns this repository's documentation: its README and that of every package. */
export function readDocumentation(root: string): Page[] {
  const packages = readdirSync(join(root, 'packages')).sort()
  return ['README.md', ...packages.map(name => `packages/${name}/README.md`)]
    .filter(path => existsSync(join(root, path)))
    .map(path => ({ path, markdown: readFileSync(join(root, path), 'utf8') }))
}
