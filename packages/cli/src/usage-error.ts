/** A setting that is missing or makes no sense: told in one sentence, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Turns what a package says of the options that it was given into a {@link UsageError}. */
export function checking<T>(create: () => T): T {
  try {
    return create()
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}
