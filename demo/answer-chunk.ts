/** Where an answer's words stand. */
export interface Source {
  title: string
  /** Relative to the root of the repository. */
  path: string
}

/** What the demo's agent sends to the page, one in each event of the stream: the words, then the end. */
export type AnswerChunk = { text: string } | { done: true; sources: Source[] }
