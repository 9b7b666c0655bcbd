/**
 * Why there is no plan. `invalid_option`: an option is unknown or makes no sense. `cannot_refill`: the quotas do not allow
 * what was asked for.
 */
export type PlanErrorCode = 'invalid_option' | 'cannot_refill'

export class PlanError extends Error {
  override readonly name = 'PlanError'
  readonly code: PlanErrorCode

  constructor(code: PlanErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
