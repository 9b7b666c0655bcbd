import { addDependencies } from './add-dependencies.ts'
import { addEnvExample } from './add-env-example.ts'
import { addFile } from './add-file.ts'
import { addHook } from './add-hook.ts'
import type { Change } from './change.ts'
import type { Project } from './project.ts'
import { proxyImports, proxySource } from './proxy-source.ts'

const route = (isTypeScript: boolean) => `${proxyImports}import { toNextHandlers } from '@warm-agent/proxy/next'

${proxySource}
let proxy${isTypeScript ? ': ReturnType<typeof createProxy> | undefined' : ''}

export const { GET, POST, OPTIONS } = toNextHandlers(request => {
  proxy ??= createProxy()
  return proxy.fetch(request)
})
`

/** A route handler and a hook. A project on the Pages Router gets an `app` folder beside it, for the route. */
export function planNext(project: Project): Change[] {
  const isTypeScript = project.has('tsconfig.json')
  const source = project.has('src/app') || (project.has('src/pages') && !project.has('app')) ? 'src/' : ''
  const hook = addHook(project, `${source}app/`, isTypeScript ? 'ts' : 'js')
  return [
    ...addFile(project, `${source}app/api/agent/[...path]/route.${isTypeScript ? 'ts' : 'js'}`, route(isTypeScript)),
    ...hook.changes,
    ...addEnvExample(project),
    ...addDependencies(project, ['@warm-agent/agentcore', '@warm-agent/proxy', hook.needs], isTypeScript),
  ]
}
