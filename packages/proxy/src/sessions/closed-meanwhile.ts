import { RuntimeFailure } from '../agent-runtime.ts'

/** Nobody wants the session any more whose warm-up waited: to whoever joined it, it is missing. No fault of anybody's. */
export class ClosedMeanwhile extends RuntimeFailure {
  constructor() {
    super('missing', 'The session was closed while its warm-up waited.', { mayHaveRun: false })
  }
}
