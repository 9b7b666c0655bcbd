import { UsageError } from '../usage-error.ts'
import type { Project } from './project.ts'

/** The frameworks that `init` knows, and the oldest major version of each for which the files that it writes work. */
const oldest = { next: 14, vite: 5, express: 4 }

export type Framework = keyof typeof oldest

const byHand = 'Mount the proxy by hand: the README of @warm-agent/proxy tells how, for every server'

/**
 * Finds the framework of a project among its dependencies. Next.js first: a project with it may have Vite or Express as well.
 *
 * @throws UsageError for a project that is not known, or that could be two things.
 */
export function frameworkOf(project: Project, wanted: Framework | undefined): Framework {
  const found = (Object.keys(oldest) as Framework[]).filter(name => project.rangeOf(name) !== undefined)
  const framework = wanted ?? (found.includes('next') ? 'next' : found[0])
  if (framework === undefined || !found.includes(framework)) {
    throw new UsageError(
      `Could not add warm-agent: package.json names ${wanted ? `no ${wanted}` : 'neither next, nor vite, nor express'}. ${byHand}.`,
    )
  }
  if (!wanted && framework !== 'next' && found.length > 1) {
    throw new UsageError(
      `Could not add warm-agent: package.json names ${found.join(' and ')}. Give --framework ${found.join(' or --framework ')}.`,
    )
  }
  // A range like "latest" or "workspace:*" has no number, and counts as new enough.
  const major = /\d+/.exec(project.rangeOf(framework) ?? '')?.[0]
  if (major !== undefined && Number(major) < oldest[framework]) {
    throw new UsageError(
      `Could not add warm-agent: ${framework} ${project.rangeOf(framework)} is older than ${oldest[framework]}. Update it, or: ${byHand}.`,
    )
  }
  return framework
}
