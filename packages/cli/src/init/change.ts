/** A file to be created or changed. */
export interface Change {
  path: string
  /** `undefined`: there is no such file yet. */
  before: string | undefined
  after: string
}
