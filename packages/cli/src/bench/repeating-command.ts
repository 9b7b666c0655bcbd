/** The command that repeats a bench, for its report. @param more What it drew by chance: the seed. */
export function repeatingCommand(args: readonly string[], more: readonly string[]): string {
  const words = [...args, ...more].filter(word => word !== '--yes')
  const quoted = words.map(word => (/^[\w./:=,@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  // A report may be passed on, and the account is private.
  return ['npx warm-agent bench', ...quoted].join(' ').replace(/:\d{12}:/, ':…:')
}
