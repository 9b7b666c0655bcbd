import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const prefix = 'tests-'

/** One folder for all that a run writes down for a while: browsers that are killed, and the CDK, leave theirs behind. */
export function setup(): (() => void) | undefined {
  // Each project of the run asks for it.
  if (basename(tmpdir()).startsWith(prefix)) return
  const folder = mkdtempSync(join(tmpdir(), prefix))
  const { TMPDIR } = process.env
  process.env.TMPDIR = folder
  return () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
