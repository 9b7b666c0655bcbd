import { readFile } from 'node:fs/promises'

/** Removes the byte order mark that Windows editors and shells put in front: JSON does not allow it. */
export function withoutMark<Text extends string | undefined>(text: Text): Text {
  return text?.replace(/^\uFEFF/, '') as Text
}

/** @throws Error when there is no such file, or none in JSON. */
export async function readJson(path: string): Promise<unknown> {
  return JSON.parse(withoutMark(await readFile(path, 'utf8')))
}
