import { resolve } from 'node:path'
import { confirm } from '../confirm.ts'
import type { Change } from '../init/change.ts'
import { type Framework, frameworkOf } from '../init/framework.ts'
import { nextSteps } from '../init/next-steps.ts'
import { planExpress } from '../init/plan-express.ts'
import { planNext } from '../init/plan-next.ts'
import { planVite } from '../init/plan-vite.ts'
import { type Project, readProject } from '../init/project.ts'
import { unifiedDiff } from '../init/unified-diff.ts'
import { checkWritable, writeChanges } from '../init/write-changes.ts'
import { isOn, oneOf, readSettings, setting } from '../settings.ts'

const settings = {
  directory: setting('PATH', 'where the project is', text => resolve(text ?? '.'), { defaultText: 'here' }),
  framework: setting('NAME', 'next, vite or express', oneOf('next', 'vite', 'express'), {
    defaultText: 'as package.json has it',
  }),
  yes: { help: 'write without asking', read: isOn },
  'dry-run': { help: 'show what would be written, and write nothing', read: isOn },
}

const plans: Record<Framework, (project: Project) => Change[]> = {
  next: planNext,
  vite: planVite,
  express: planExpress,
}

/** `warm-agent init`: adds proxy, hook and `.env.example` to a project, and leaves alone what is there. */
export async function init(args: string[]): Promise<void> {
  const values = readSettings('warm-agent init [options]', settings, args)
  if (!values) return
  const project = readProject(values.directory)
  const framework = frameworkOf(project, values.framework)
  // All changes are made in memory first: when one of them is refused, the project stays as it was.
  const changes = plans[framework](project).map(project.inItsLineEnds)
  if (changes.length === 0) {
    process.stdout.write('Nothing to add: proxy, hook, .env.example and dependencies are there.\n')
    return
  }
  process.stdout.write(changes.map(unifiedDiff).join(''))
  if (values['dry-run']) return
  await checkWritable(project.folder, changes)
  if (!values.yes) {
    await confirm({
      task: 'write these files',
      question: `Write ${changes.length === 1 ? 'this file' : `these ${changes.length} files`}?`,
      flags: '--yes, or --dry-run to look only',
    })
  }
  await writeChanges(project.folder, changes)
  process.stdout.write(nextSteps(project, framework, changes))
}
