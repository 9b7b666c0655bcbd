import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { suggestions } from '../suggestions.ts'
import { compose } from './compose.ts'
import { readDocumentation } from './documentation.ts'
import { createSearch } from './search.ts'
import { splitIntoSections } from './sections.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const search = createSearch(readDocumentation(root).flatMap(splitIntoSections))

test.each(suggestions)('this repository’s documentation answers %j', suggestion => {
  expect(compose(suggestion, search(suggestion)).sources).not.toEqual([])
})
