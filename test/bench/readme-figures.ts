/** What a scenario's row of the README's table tells. */
export interface Figures {
  outcomes: Record<string, number>
  failures?: Record<string, number>
  p50Ms: number | null
  p90Ms: number | null
  p99Ms: number | null
}

const rowTexts: Readonly<Record<string, string>> = {
  cold: 'no warm-up',
  joined: 'message 1 s after the page opened',
  warm: 'message after the warm-up',
  pool: 'session claimed from the warm pool',
  steady: 'second message, for comparison',
}

/** The README's table, of whatever was measured. */
export function readmeTable(results: Readonly<Record<string, Figures>>): string {
  const rows = Object.entries(rowTexts).flatMap(([name, text]) => {
    const figures = results[name]
    return figures ? [`| \`${name}\`: ${text} | ${figures.p50Ms} | ${figures.p90Ms} | ${figures.p99Ms} |`] : []
  })
  const head = ['| first byte of the answer, ms | p50 | p90 | p99 |', '| --- | --- | --- | --- |']
  return [...head, ...rows].join('\n')
}

/** What became of the usual snippet; `undefined` when it was not measured. */
export function naiveSentence({ naive }: Readonly<Record<string, Figures>>): string | undefined {
  if (!naive) return undefined
  const failed = Object.values(naive.failures ?? {}).reduce((sum, times) => sum + times, 0)
  const answered = Object.values(naive.outcomes).reduce((sum, times) => sum + times, 0)
  const why = Object.keys(naive.failures ?? {}).map(name => `\`${name}\``)
  const reasons = why.length > 0 ? ` (${why.join(', ')})` : ''
  return `The usual snippet (an id and a ping on open, the first message by the AWS SDK with its defaults, 1 s later) lost **${failed} of ${failed + answered}** first messages${reasons}.`
}
