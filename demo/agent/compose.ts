import type { Source } from '../answer-chunk.ts'
import { suggestions } from '../suggestions.ts'
import { condense } from './condense.ts'
import type { Hit } from './search.ts'

export interface Answer {
  /** Markdown. */
  text: string
  sources: Source[]
}

/** How much of one section is quoted, in characters. */
const passageLength = 520

/** @returns an answer that says nothing but what the documentation says, and where it says it. */
export function compose(question: string, hits: Hit[]): Answer {
  if (hits.length === 0) return { text: nothingFound(question), sources: [] }
  const passages = hits.map(({ section, terms }, at) => {
    const lead = at === 0 ? `The documentation says under **${section.title}**:` : `And under **${section.title}**:`
    return [lead, ...choose(section.blocks, terms)].join('\n\n')
  })
  return {
    text: passages.join('\n\n'),
    sources: hits.map(({ section }) => ({ title: section.title, path: section.path })),
  }
}

function nothingFound(question: string): string {
  const asked = question.trim().replace(/\s+/g, ' ')
  const short = asked.length > 60 ? `${asked.slice(0, 59)}…` : asked
  return [
    `I found nothing about “${short}” in this repository’s documentation, and I know nothing else: I am a search, not a model.`,
    'Questions that I can answer:',
    suggestions.map(suggestion => `- ${suggestion}`).join('\n'),
  ].join('\n\n')
}

/** The block that matches best, with what introduces it and what follows, until the passage is long enough. */
function choose(blocks: string[], terms: string[]): string[] {
  const scores = blocks.map(block => countOf(block, terms))
  const best = scores.indexOf(Math.max(...scores))
  let first = best
  while (first > 0 && (blocks[first]?.startsWith('```') || blocks[first - 1]?.endsWith(':'))) first--
  const chosen: string[] = []
  let length = 0
  for (const [at, block] of blocks.entries()) {
    if (at < first) continue
    const isAnnounced = chosen.at(-1)?.endsWith(':')
    if (at > best && !isAnnounced && length + block.length > passageLength) break
    const piece = condense(block, text => countOf(text, terms), passageLength)
    chosen.push(piece)
    length += piece.length
  }
  return chosen
}

/** How many of the terms the text contains. */
function countOf(text: string, terms: string[]): number {
  const lower = text.toLowerCase()
  return terms.filter(term => lower.includes(term)).length
}
