/** Where an answer's words stand. */
export interface Source {
  title: string
  /** Relative to the root of the repository. */
  path: string
}

/**
 * What the demo's agent sends to the page, one in each event of the stream: the words, then the end. `reloaded` counts the
 * earlier questions that a microVM which was new to the conversation had to load.
 */
export type AnswerChunk = { text: string } | AnswerEnd

export interface AnswerEnd {
  done: true
  sources: Source[]
  reloaded: number
}
