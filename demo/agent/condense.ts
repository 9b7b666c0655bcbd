import { lexer } from 'marked'

/**
 * @returns a block of Markdown that fits into `atMost` characters if it can be cut: a long list or table keeps the items
 * that score best, in their order. Everything else is quoted whole.
 */
export function condense(block: string, score: (text: string) => number, atMost: number): string {
  if (block.length <= atMost) return block
  const token = lexer(block)[0]
  if (token?.type === 'list') {
    const items = token.items.map((item: { raw: string }) => item.raw.trimEnd())
    return keepBest(items, score, atMost).join('\n')
  }
  if (token?.type === 'table') {
    const [header = '', rule = '', ...rows] = block.split('\n')
    return [header, rule, ...keepBest(rows, score, atMost - header.length - rule.length)].join('\n')
  }
  return block
}

/** The best-scoring lines that fit, at least one, in their order. */
function keepBest(lines: string[], score: (text: string) => number, atMost: number): string[] {
  const kept = new Set<string>()
  let length = 0
  for (const line of [...lines].sort((one, other) => score(other) - score(one))) {
    if (kept.size > 0 && length + line.length > atMost) continue
    kept.add(line)
    length += line.length
  }
  return lines.filter(line => kept.has(line))
}
