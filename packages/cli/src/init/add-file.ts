import { UsageError } from '../usage-error.ts'
import type { Change } from './change.ts'
import type { Project } from './project.ts'

/**
 * A new file. One that is there already and uses warm-agent is the user's: it stays as it is.
 *
 * @throws UsageError when there is one that has nothing to do with warm-agent.
 */
export function addFile(project: Project, path: string, text: string): Change[] {
  const before = project.read(path)
  if (before === undefined) return [{ path, before, after: text }]
  if (before.includes('@warm-agent/')) return []
  throw new UsageError(
    `Could not add ${path}: there is one already, and it does not use warm-agent. Move it, then run this again.`,
  )
}
