/** A setting is missing or makes no sense. Its message is all that the user sees; the exit status is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Turns the error of a package that refuses its options into a {@link UsageError}. */
export function checking<T>(create: () => T): T {
  try {
    return create()
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}
