/** The AWS SDK would take a developer's own profile before the keys that tests give it. */
export function setup(): void {
  delete process.env.AWS_PROFILE
}
