import { lexer, type Token } from 'marked'
import type { Page } from './documentation.ts'

/** What stands under one heading, without what stands under its own subheadings. */
export interface Section {
  id: string
  path: string
  title: string
  /** The titles of the headings above, outermost first. */
  trail: string[]
  /** Paragraphs, lists, tables and code, each as Markdown. */
  blocks: string[]
}

const quotable = new Set<Token['type']>(['paragraph', 'list', 'table', 'code', 'blockquote'])

/** @returns the sections of a page in reading order. A heading with nothing of its own under it gives none. */
export function splitIntoSections({ path, markdown }: Page): Section[] {
  const sections: Section[] = []
  const open: { depth: number; section: Section }[] = []
  for (const token of lexer(markdown)) {
    if (token.type === 'heading') {
      while ((open.at(-1)?.depth ?? 0) >= token.depth) open.pop()
      const trail = open.map(({ section }) => section.title)
      const title = plain(token.text)
      const section = { id: `${path}#${sections.length}`, path, title, trail, blocks: [] }
      sections.push(section)
      open.push({ depth: token.depth, section })
    } else if (quotable.has(token.type)) {
      open.at(-1)?.section.blocks.push(token.raw.trim())
    }
  }
  return sections.filter(section => section.blocks.length > 0)
}

/** A heading's text without its code ticks, stars and links. */
function plain(heading: string): string {
  return heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')
}
