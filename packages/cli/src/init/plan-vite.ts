import { UsageError } from '../usage-error.ts'
import { addDependencies } from './add-dependencies.ts'
import { addEnvExample } from './add-env-example.ts'
import { addFile } from './add-file.ts'
import { addHook } from './add-hook.ts'
import type { Change } from './change.ts'
import { importPath } from './import-path.ts'
import type { Project } from './project.ts'
import { proxyImports, proxySource } from './proxy-source.ts'

const plugin = (isTypeScript: boolean) => `${proxyImports}import { toNodeHandler } from '@warm-agent/proxy/node'
import { loadEnv${isTypeScript ? ', type Plugin, type ResolvedConfig, type ViteDevServer' : ''} } from 'vite'

${proxySource}
/** Sets what \`.env\` and \`.env.local\` say and the shell does not: anew for each server, as Vite restarts it when they change. */
function readEnvFiles({ mode, envDir }${isTypeScript ? ': ResolvedConfig' : ''}) {
  const { WARM_AGENT_FROM_FILES: before = '' } = process.env
  for (const name of before.split(',')) delete process.env[name]
  // Vite reads the page's variables itself, and would take those in here for the shell's.
  const found = Object.entries(loadEnv(mode, envDir, '')).filter(
    ([name]) => process.env[name] === undefined && !name.startsWith('VITE_'),
  )
  Object.assign(process.env, Object.fromEntries(found), { WARM_AGENT_FROM_FILES: found.map(([name]) => name).join() })
}

/** The proxy on Vite's own server. In production, mount the same handler in your server, or run \`npx warm-agent proxy\`. */
export function warmAgentProxy()${isTypeScript ? ': Plugin' : ''} {
  let handle${isTypeScript ? ': ReturnType<typeof toNodeHandler> | undefined' : ''}

  function mount({ config, middlewares }${isTypeScript ? ": Pick<ViteDevServer, 'config' | 'middlewares'>" : ''}) {
    readEnvFiles(config)
    middlewares.use('/api/agent', async (request, response, next) => {
      try {
        handle ??= toNodeHandler(createProxy().fetch)
        await handle(request, response)
      } catch (error) {
        next(error)
      }
    })
  }
  return { name: 'warm-agent-proxy', configureServer: mount, configurePreviewServer: mount }
}
`

const configNames = ['ts', 'js', 'mts', 'mjs'].map(extension => `vite.config.${extension}`)

/** A plugin that mounts the proxy on Vite's server, in the configuration, and the page's half. */
export function planVite(project: Project): Change[] {
  const path = configNames.find(project.has) ?? (project.has('tsconfig.json') ? 'vite.config.ts' : 'vite.config.js')
  const extension = path.slice('vite.config.'.length)
  const isTypeScript = extension.includes('ts')
  const hook = addHook(project, project.has('src') ? 'src/' : '', isTypeScript ? 'ts' : 'js')
  return [
    ...addFile(project, `warm-agent-proxy.${extension}`, plugin(isTypeScript)),
    ...addPlugin(project, path, extension),
    ...hook.changes,
    ...addEnvExample(project),
    ...addDependencies(project, ['@warm-agent/agentcore', '@warm-agent/proxy', hook.needs], isTypeScript),
  ]
}

/** @throws UsageError when the configuration is not one of the usual shapes: it is code, and guessing would break it. */
function addPlugin(project: Project, path: string, extension: string): Change[] {
  const before = project.read(path)
  if (before?.includes('warmAgentProxy(')) return []
  const from = importPath(project, before ?? '', 'warm-agent-proxy', extension)
  if (before === undefined) {
    const after = `import { defineConfig } from 'vite'\nimport { warmAgentProxy } from '${from}'\n\nexport default defineConfig({ plugins: [warmAgentProxy()] })\n`
    return [{ path, before, after }]
  }
  const withPlugin =
    replaceOnly(before, /(?<!\/\/.*)\bplugins:\s*\[/g, found => `${found}warmAgentProxy(), `) ??
    (/\bplugins\b/.test(before)
      ? undefined
      : replaceOnly(
          before,
          /\bdefineConfig\(\{|\bexport default \{/g,
          found => `${found}\n  plugins: [warmAgentProxy()],`,
        ))
  if (withPlugin === undefined || !/^import /m.test(before)) {
    throw new UsageError(
      `Could not add the proxy to ${path}: it is not one of the shapes that this command knows. ` +
        'Mount toNodeHandler(proxy.fetch) of @warm-agent/proxy/node in a plugin of your own.',
    )
  }
  const [firstImport = ''] = /^import .*$/m.exec(before) ?? []
  const quote = firstImport.includes('"') ? '"' : "'"
  const line = `import { warmAgentProxy } from ${quote}${from}${quote}${firstImport.trimEnd().endsWith(';') ? ';' : ''}\n`
  return [{ path, before, after: withPlugin.replace(/^import /m, () => `${line}import `) }]
}

/** @returns `undefined` unless there is exactly one such place. */
function replaceOnly(text: string, place: RegExp, by: (found: string) => string): string | undefined {
  return text.match(place)?.length === 1 ? text.replace(place, by) : undefined
}
