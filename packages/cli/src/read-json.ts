import { readFile } from 'node:fs/promises'

/** Without the mark that editors and shells of Windows begin files with, and that JSON does not know. */
export function withoutMark<Text extends string | undefined>(text: Text): Text {
  return text?.replace(/^\uFEFF/, '') as Text
}

/** @throws Error when there is no such file, or none in JSON. */
export async function readJson(path: string): Promise<unknown> {
  return JSON.parse(withoutMark(await readFile(path, 'utf8')))
}
