import type { Change } from './change.ts'
import type { Project } from './project.ts'
import { variables } from './proxy-source.ts'

/** A line of `.gitignore` that also ignores `.env.example`, though only `.env` is meant. create-next-app writes one. */
const ignored = /^\/?\.env\.?\*[ \t]*$/m

/** Adds the variables that `.env.example` lacks, and sees to it that git does not ignore a new file. */
export function addEnvExample(project: Project): Change[] {
  const path = '.env.example'
  const before = project.read(path)
  const missing = Object.entries(variables).filter(
    ([name]) => !new RegExp(`^[# \\t]*(export )?${name}=`, 'm').test(before ?? ''),
  )
  if (missing.length === 0) return []
  const lines = missing.map(([name, meaning]) => `# ${meaning}\n${name}=\n`)
  const start = before === undefined || before === '' ? '' : `${before.trimEnd()}\n\n`
  const example = { path, before, after: `${start}${lines.join('')}` }
  const ignores = project.read('.gitignore')
  if (before !== undefined || !ignores || !ignored.test(ignores) || ignores.includes('!.env.example')) return [example]
  const after = ignores.replace(ignored, line => `${line}\n!.env.example`)
  return [example, { path: '.gitignore', before: ignores, after }]
}
