import { readFile } from 'node:fs/promises'
import { UsageError } from '../../usage-error.ts'

/** The token that an OAuth runtime is called with. @throws UsageError when the file cannot be read. */
export async function readToken(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    throw new UsageError(
      `Could not read the token file "${path}": ${(cause as Error).message}. Give another AGENT_RUNTIME_TOKEN_FILE.`,
      { cause },
    )
  }
}
