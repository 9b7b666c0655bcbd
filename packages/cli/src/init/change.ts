/** One file that is to be made, or to become another. */
export interface Change {
  path: string
  /** `undefined`: there is no such file yet. */
  before: string | undefined
  after: string
}
