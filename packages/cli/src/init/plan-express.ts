import { dirname, posix } from 'node:path'
import { UsageError } from '../usage-error.ts'
import { addDependencies } from './add-dependencies.ts'
import { addEnvExample } from './add-env-example.ts'
import { addFile } from './add-file.ts'
import { addHook } from './add-hook.ts'
import type { Change } from './change.ts'
import { importPath } from './import-path.ts'
import type { Project } from './project.ts'
import { proxyImports, proxySource } from './proxy-source.ts'

const middleware = (isTypeScript: boolean) => `import { existsSync } from 'node:fs'
${proxyImports}import { toExpressHandler } from '@warm-agent/proxy/express'

${proxySource}
let handle${isTypeScript ? ': ReturnType<typeof toExpressHandler> | undefined' : ''}

/** For app.use('/api/agent', …). */
export ${
  isTypeScript
    ? 'const warmAgent: ReturnType<typeof toExpressHandler> = (request, response, next) => {'
    : 'function warmAgent(request, response, next) {'
}
  if (!handle) {
    if (existsSync('.env')) process.loadEnvFile('.env')
    handle = toExpressHandler(createProxy().fetch)
  }
  handle(request, response, next)
}
`

const extensions = ['ts', 'mts', 'js', 'mjs', 'cjs']
const usualEntries = ['', 'src/'].flatMap(folder =>
  ['server', 'app', 'index', 'main'].flatMap(name => extensions.map(extension => `${folder}${name}.${extension}`)),
)
const expressMade = /^([ \t]*)(?:export )?(?:const|let|var) (\w+)(?:: [\w.]+)? = express\(\);?[ \t]*$/m
const expressImported = /^(?:import .*|(?:const|let|var) .*= require\()['"]express['"].*$/m

/** A middleware, in front of body parsers, and the page's half where React is in the same project. */
export function planExpress(project: Project): Change[] {
  const path = entryOf(project)
  const extension = path.slice(path.lastIndexOf('.') + 1)
  const isTypeScript = extension.endsWith('ts')
  const folder = dirname(path) === '.' ? '' : `${dirname(path)}/`
  const before = project.read(path) ?? ''
  const isRequired = !/^import /m.test(before)
  // The new file is an ES module. CommonJS can require one since Node 20.19, if its name says that it is one.
  const isCommonJs = !isTypeScript && ((isRequired && project.manifest.type !== 'module') || extension === 'cjs')
  const own = isCommonJs ? 'mjs' : extension
  const hook = project.rangeOf('react')
    ? addHook(project, project.has('src') ? 'src/' : '', isTypeScript ? 'ts' : 'js')
    : undefined
  const needs = ['@warm-agent/agentcore', '@warm-agent/proxy', ...(hook ? [hook.needs] : [])]
  return [
    ...addFile(project, `${folder}warm-agent.${own}`, middleware(isTypeScript)),
    ...addMiddleware(path, before, importPath(project, before, 'warm-agent', own), isRequired),
    ...(hook?.changes ?? []),
    ...addEnvExample(project),
    ...addDependencies(project, needs, isTypeScript),
  ]
}

/** @throws UsageError when no file, or none that can be understood, makes the app. */
function entryOf(project: Project): string {
  const { main, scripts = {} } = project.manifest
  const words = Object.values(scripts).flatMap(script => script.split(/\s+/))
  const named = [main ?? '', ...words].filter(word => extensions.some(extension => word.endsWith(`.${extension}`)))
  const candidates = [...named, ...usualEntries].map(path => posix.normalize(path))
  let unreadable: unknown
  const found = candidates.find(path => {
    try {
      const text = project.read(path)
      return text !== undefined && expressMade.test(text) && expressImported.test(text)
    } catch (error) {
      // It may be the app, or what was built of it.
      unreadable ??= error
      return false
    }
  })
  if (found) return found
  if (unreadable) throw unreadable
  throw new UsageError(
    'Could not find the Express app: no file that package.json names, and none of the usual ones, has a line like ' +
      "`const app = express()`. Add app.use('/api/agent', toExpressHandler(proxy.fetch)) by hand: see @warm-agent/proxy.",
  )
}

function addMiddleware(path: string, before: string, from: string, isRequired: boolean): Change[] {
  if (/['"]\.\/warm-agent(\.\w+)?['"]/.test(before)) return []
  const [imported = ''] = expressImported.exec(before) ?? []
  const quote = imported.includes('"') ? '"' : "'"
  const end = imported.trimEnd().endsWith(';') ? ';' : ''
  const source = `${quote}${from}${quote}`
  const line = isRequired
    ? `const { warmAgent } = require(${source})${end}`
    : `import { warmAgent } from ${source}${end}`
  const after = before
    .replace(expressImported, found => `${found}\n${line}`)
    .replace(
      expressMade,
      (found, indent, app) => `${found}\n${indent}${app}.use(${quote}/api/agent${quote}, warmAgent)${end}`,
    )
  return [{ path, before, after }]
}
