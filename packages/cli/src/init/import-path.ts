import type { Project } from './project.ts'

/**
 * The path by which a file imports its neighbour: in the style of its other imports, else as tsconfig.json demands.
 *
 * @param text The file that imports.
 */
export function importPath(project: Project, text: string, name: string, extension: string): string {
  const isTypeScript = extension.includes('ts')
  if (!isTypeScript) return `./${name}.${extension}`
  const [, own] = /from ['"]\.[^'"]*?(\.[cm]?[jt]s)?['"]/.exec(text) ?? [undefined, undefined]
  const hasOthers = /from ['"]\./.test(text)
  if (hasOthers) return `./${name}${own?.endsWith('ts') ? `.${extension}` : own ? '.js' : ''}`
  const settings = ['tsconfig.node.json', 'tsconfig.json'].map(path => project.read(path) ?? '').join('\n')
  if (/"(allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(settings)) {
    return `./${name}.${extension}`
  }
  return /"(module|moduleResolution)"\s*:\s*"node(16|18|20|next)"/i.test(settings) ? `./${name}.js` : `./${name}`
}
