import MiniSearch from 'minisearch'
import type { Section } from './sections.ts'

export interface Hit {
  section: Section
  /** The words of the documentation that the question matched, in lower case. */
  terms: string[]
}

/** Words that say nothing about what a question is about. */
const stopWords = new Set(
  (
    'a about after all am an and any are as at be by can could did do does for from get give had has have how i if in into is it its' +
    ' just know let like make many me more much my no not of on or our please say should so some tell than that the their them then' +
    ' there these they this to us was we were what when where which who why will with would you your'
  ).split(' '),
)

/** A section is quoted when it scores at least this share of the best one's score. */
const closeToBest = 0.6

/** @returns a function that finds the sections which answer a question best, or none when the question is about something else. */
export function createSearch(sections: Section[], atMost = 2): (question: string) => Hit[] {
  const byId = new Map(sections.map(section => [section.id, section]))
  const index = new MiniSearch({
    fields: ['title', 'trail', 'text'],
    processTerm: toTerm,
    searchOptions: {
      boost: { title: 2, trail: 1 },
      prefix: term => term.length > 3,
      fuzzy: term => (term.length > 5 ? 0.2 : false),
    },
  })
  index.addAll(
    sections.map(({ id, title, trail, blocks }) => ({ id, title, trail: trail.join(' '), text: blocks.join('\n') })),
  )

  return question => {
    const asked = new Set(question.split(/[^\p{L}\p{N}]+/u).flatMap(word => toTerm(word) ?? []))
    const results = index.search(question)
    const best = results[0]
    // One word in common, out of three or more, is chance.
    if (!best || new Set(best.queryTerms).size * 2 < asked.size) return []
    return results
      .filter(result => result.score >= best.score * closeToBest)
      .slice(0, atMost)
      .flatMap(({ id, terms }) => {
        const section = byId.get(id)
        return section ? [{ section, terms }] : []
      })
  }
}

/** @returns the form under which a word is indexed and looked up, or `null` when it is to be ignored. */
function toTerm(word: string): string | null {
  const lower = word.toLowerCase()
  if (lower.length < 2 || stopWords.has(lower)) return null
  return lower.length > 3 ? lower.replace(/(?<=[^s])s$/, '') : lower
}
