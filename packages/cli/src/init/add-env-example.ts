import type { Change } from './change.ts'
import type { Project } from './project.ts'
import { variables } from './proxy-source.ts'

/** The variables that `.env.example` lacks, at its end. */
export function addEnvExample(project: Project): Change[] {
  const path = '.env.example'
  const before = project.read(path)
  const missing = Object.entries(variables).filter(
    ([name]) => !new RegExp(`^[# \\t]*(export )?${name}=`, 'm').test(before ?? ''),
  )
  if (missing.length === 0) return []
  const lines = missing.map(([name, meaning]) => `# ${meaning}\n${name}=\n`)
  const start = before === undefined || before === '' ? '' : `${before.trimEnd()}\n\n`
  return [{ path, before, after: `${start}${lines.join('')}` }]
}
