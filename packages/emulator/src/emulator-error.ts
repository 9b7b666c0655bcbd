export type EmulatorErrorCode = 'invalid_option' | 'port_in_use' | 'cannot_listen' | 'agent_did_not_start'

/** Why an emulator did not start. Its message is one sentence for people: `Could not X: why. What to do.` */
export class EmulatorError extends Error {
  override readonly name = 'EmulatorError'
  readonly code: EmulatorErrorCode

  constructor(code: EmulatorErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
