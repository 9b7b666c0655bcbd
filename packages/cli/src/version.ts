import { createRequire } from 'node:module'

/** Of this package, and of all of ours: they have one. */
export const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
