import { withoutAccount } from '../without-account.ts'

/** The command that repeats a bench, for its report. @param more Flags for what was drawn at random: the seed. */
export function repeatingCommand(args: readonly string[], more: readonly string[]): string {
  const words = [...args, ...more].filter(word => word !== '--yes')
  const quoted = words.map(word => (/^[\w./:=,@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  return withoutAccount(['npx warm-agent bench', ...quoted].join(' '))
}
